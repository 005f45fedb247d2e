namespace MlOps.Features;

internal sealed partial class FeatureStore
{
    /// <inheritdoc />
    public IFeatureReader<T> GetReader<T>(string service, FeatureRowBinding<T> binding)
    {
        _context.Access.Require(EnvironmentPermission.Read, $"feature service '{service}'");
        ArgumentNullException.ThrowIfNull(binding);
        return new FeatureReader<T>(this, ServiceOf(service, FeatureUse.Metadata).Service.Name, binding, _context.Clock);
    }
}
