using MlOps.Registry;

namespace MlOps.Serving;

internal sealed partial class EndpointSet
{
    // By endpoint the revision whose aliases were compared with the registry. Moves after that are in the event log.
    private readonly Dictionary<Endpoint, long> _compared = [];
    private long _aliasMark;

    // The endpoints whose aliases moved since the last look or were never looked at. The event log says it with one query, however many
    // endpoints follow aliases.
    private async ValueTask<HashSet<Endpoint>> FindMovedAsync(IEnumerable<Endpoint> endpoints, CancellationToken cancellationToken)
    {
        var following = endpoints.Where(endpoint => endpoint.Aliases.Any()).ToArray();
        if (following.Length == 0)
            return [];
        while (await _context.Events.ReadAsync(_aliasMark, RegistryEvents.AliasMoved, cancellationToken: cancellationToken).ConfigureAwait(false) is { Count: > 0 } events)
        {
            foreach (var endpoint in following.Where(endpoint => endpoint.Aliases.Any(alias => events.Any(item => item.Subject == alias.Model))))
                _compared.Remove(endpoint);
            _aliasMark = events[^1].Sequence;
        }

        return [.. following.Where(endpoint => _compared.GetValueOrDefault(endpoint, -1) != endpoint.Revision)];
    }

    private async ValueTask<bool> FollowAliasesAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        if (!await endpoint.FollowAliasesAsync(cancellationToken).ConfigureAwait(false))
            return false;
        _compared[endpoint] = endpoint.Revision;
        return true;
    }
}
