namespace MlOps.Metadata;

/// <summary>Marks the flow of a running write, so that a write inside a write is an error and not a deadlock.</summary>
internal sealed class WriteScope
{
    public volatile bool Active = true;
}
