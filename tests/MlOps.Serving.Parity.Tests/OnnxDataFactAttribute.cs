namespace MlOps.Serving.Parity.Tests;

/// <summary>Runs where ONNX's test data are installed.</summary>
public sealed class OnnxDataFactAttribute : FactAttribute
{
    public OnnxDataFactAttribute()
    {
        if (!Directory.Exists(ParityCase.Root))
            Skip = $"ONNX's test data are not at {ParityCase.Root}: install Debian's package libonnx-testdata.";
    }
}
