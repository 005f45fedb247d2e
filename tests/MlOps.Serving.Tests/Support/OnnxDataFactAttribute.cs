namespace MlOps.Serving.Tests;

/// <summary>Runs where ONNX's test data are installed.</summary>
public sealed class OnnxDataFactAttribute : FactAttribute
{
    public const string Root = "/usr/share/libonnx-testdata/data";

    public OnnxDataFactAttribute()
    {
        if (!Directory.Exists(Root))
            Skip = $"ONNX's test data are not at {Root}: install Debian's package libonnx-testdata.";
    }
}
