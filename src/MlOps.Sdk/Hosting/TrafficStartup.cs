using System.Globalization;
using Microsoft.Extensions.Options;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps;

/// <summary>Checks that the versions that the configuration gives traffic to exist, and gives it to them once no environment has a mistake.</summary>
internal sealed class TrafficStartup(IOptions<MlOpsOptions> options, DeclaredEnvironments declared) : IStartupCheck
{
    public async ValueTask<IReadOnlyList<string>> CheckAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        var mistakes = new List<string>();
        foreach (var (endpoint, traffic) in declared.Resolve(options.Value, environment.Name).Traffic)
        {
            foreach (var share in Shares(endpoint, traffic))
            {
                try
                {
                    await environment.Models.GetAsync(share.Version, cancellationToken).ConfigureAwait(false);
                }
                catch (MlOpsException error)
                {
                    mistakes.Add($"Traffic:{endpoint}:Weights:{share.Version.Version}: {error.Message}");
                }
            }
        }

        return mistakes;
    }

    public async ValueTask ApplyAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        foreach (var (name, traffic) in declared.Resolve(options.Value, environment.Name).Traffic)
        {
            var shares = Shares(name, traffic);
            if (shares.Count == 0)
                continue;
            var endpoint = environment.Endpoints[name];
            var current = await endpoint.GetTrafficAsync(cancellationToken).ConfigureAwait(false);
            if (current is null || !current.Shares.SequenceEqual(shares))
                await endpoint.SetTrafficAsync(new TrafficPolicy { Shares = shares }, "configuration", cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    // The heaviest is the stable one; of equals the oldest.
    private static List<TrafficShare> Shares(string model, TrafficOptions traffic) =>
    [
        .. traffic.Weights
            .Select(pair => (Version: int.Parse(pair.Key, CultureInfo.InvariantCulture), Weight: pair.Value))
            .OrderByDescending(pair => pair.Weight).ThenBy(pair => pair.Version)
            .Select((pair, place) => new TrafficShare(
                new ModelVersionRef(model, pair.Version), pair.Weight, place switch { 0 => TrafficPolicy.Stable, 1 => TrafficPolicy.CanaryVariant, _ => $"v{pair.Version}" })),
    ];
}
