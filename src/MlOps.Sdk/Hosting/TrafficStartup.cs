using System.Globalization;
using Microsoft.Extensions.Options;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps;

/// <summary>Checks that the versions that the configuration gives traffic to exist, and gives it to them.</summary>
internal sealed class TrafficStartup(IOptions<MlOpsOptions> options, DeclaredEnvironments declared) : IStartupCheck
{
    public async ValueTask<IReadOnlyList<string>> CheckAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken)
    {
        var mistakes = new List<string>();
        foreach (var (endpoint, traffic) in declared.Resolve(options.Value, environment.Name).Traffic)
        {
            var shares = new List<TrafficShare>();
            foreach (var (version, weight) in traffic.Weights.OrderByDescending(pair => pair.Value))
            {
                try
                {
                    var found = await environment.Models.GetAsync(new ModelVersionRef(endpoint, int.Parse(version, CultureInfo.InvariantCulture)), cancellationToken).ConfigureAwait(false);
                    shares.Add(new TrafficShare(found.Ref, weight, shares.Count == 0 ? TrafficPolicy.Stable : shares.Count == 1 ? TrafficPolicy.CanaryVariant : $"v{version}"));
                }
                catch (ModelNotFoundException error)
                {
                    mistakes.Add($"Traffic:{endpoint}:Weights:{version}: {error.Message}");
                }
            }

            if (mistakes.Count == 0 && shares.Count > 0)
                await ApplyAsync(environment, endpoint, shares, cancellationToken).ConfigureAwait(false);
        }

        return mistakes;
    }

    private static async ValueTask ApplyAsync(IMlOpsEnvironment environment, string endpoint, List<TrafficShare> shares, CancellationToken cancellationToken)
    {
        var current = await environment.Endpoints[endpoint].GetTrafficAsync(cancellationToken).ConfigureAwait(false);
        if (current is null || !current.Shares.SequenceEqual(shares))
            await environment.Endpoints[endpoint].SetTrafficAsync(new TrafficPolicy { Shares = shares }, "configuration", cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}
