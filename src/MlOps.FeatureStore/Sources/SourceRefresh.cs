namespace MlOps.Features;

/// <summary>One refresh of one declared source: its progress, and the way into the view.</summary>
internal sealed class SourceRefresh(FeatureSources engine, SourceProgress progress, FeatureView view, string name, SourceReading reading)
{
    public FeatureView View => view;

    public string Name => name;

    public SourceReading Reading => reading;

    public SourceProgress Progress => progress;

    public string What => $"Source '{name}' of feature view '{view.Name}'";

    /// <summary>Brings batches in; each one's position is kept in the transaction that commits it.</summary>
    public ValueTask<SourceResult> IngestAsync(string origin, IAsyncEnumerable<SourceFrame> frames, Func<SourceFrame, int, string> keyOf, CancellationToken cancellationToken) =>
        engine.IngestAsync(view, origin, frames, keyOf, reading.Options, name, cancellationToken);

    public ValueTask<SourceResult> IngestFileAsync(FeatureSource source, string keyPrefix, CancellationToken cancellationToken) =>
        engine.IngestAsync(view, source, keyPrefix, reading, cancellationToken);
}
