namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    /// <inheritdoc />
    public IFeatureReader<T> GetReader<T>(string service, FeatureRowBinding<T> binding)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return new FeatureReader<T>(this, ServiceOf(service).Service.Name, binding, _context.Clock);
    }
}
