using System.Collections.Concurrent;

namespace MlOps.Features;

// What the store does for its catalogue: recording definitions, and warning of what is deprecated.
internal sealed partial class FeatureStore
{
    private readonly ConcurrentDictionary<(string View, string Feature, string Service), bool> _warned = new();

    /// <inheritdoc />
    public IFeatureCatalogue Catalogue { get; }

    private async ValueTask ApplyDefinitionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _catalogue.ApplyAsync(_declaredViews, [.. _services.Values], cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDefinitionException error) when (!new CallerSight(_context.Access).IsOpen)
        {
            // The message names columns and features, which not every caller who happens to come first may see.
            LogRefused(_logger, error, _context.Name);
            throw new InvalidDefinitionException($"The feature definitions of environment '{_context.Name}' do not fit what it has recorded. Its administrators find the differences in the log (event 3104).");
        }
    }

    // The log and the catalogue say once in the life of a process that somebody still reads what is deprecated.
    private async ValueTask WarnOfDeprecatedAsync(BoundService service, CancellationToken cancellationToken)
    {
        foreach (var part in service.Views)
        {
            foreach (var number in part.Features)
            {
                var notes = part.View.Features[number];
                if (notes.Deprecation is not { } deprecation || !_warned.TryAdd((part.View.Name, notes.Name, service.Id), true))
                    continue;
                LogDeprecated(_logger, notes.Name, part.View.ToString(), service.Id, deprecation.ToString());
                await _catalogue.RecordDeprecatedReadAsync(part.View, notes.Name, service.Id, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private SourceGuard? GuardOf(BoundService service) => !_context.Access.IsRestricted || _context.Caller.IsProcess
        ? null
        : new SourceGuard(_context.Caller, () =>
        {
            _context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service.Service.Name}'");
            RequireVisible(new CallerSight(_context.Access), service, FeatureUse.Values);
        });
}
