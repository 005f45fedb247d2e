namespace MlOps.Serving;

/// <summary>What the host registered for endpoints besides sinks and runtimes.</summary>
internal sealed record EndpointServices
{
    public ModelFunction[] Functions { get; init; } = [];

    public ITrafficGuard[] Guards { get; init; } = [];

    public IExposureSink[] ExposureSinks { get; init; } = [];

    public IPayloadSink[] PayloadSinks { get; init; } = [];

    public IFeatureVectorSourceProvider? Sources { get; init; }
}
