namespace MlOps.Serving.Parity.Tests;

/// <summary>Runs where the real models were fetched.</summary>
public sealed class RealModelFactAttribute : FactAttribute
{
    public RealModelFactAttribute()
    {
        if (!RealModels.Installed)
            Skip = RealModels.Reason;
    }
}
