using System.Security.Claims;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Features.Tests;

/// <summary>A feature store in a temporary environment with roles; <see cref="As"/> sets who is calling.</summary>
internal sealed class GovernedStore : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly EnvironmentStores _stores;

    public GovernedStore(FeatureView[] views, FeatureService[] services, EnvironmentRole[]? process = null, IEnumerable<ILineageSource>? lineage = null)
    {
        _stores = EnvironmentStores.OpenEmbedded("production", EnvironmentKind.Production, _directory.Path, Clock, Log, caller: Caller, access: new EnvironmentAccess
        {
            Users = new Dictionary<string, IReadOnlyList<EnvironmentRole>>
            {
                ["viewer"] = [EnvironmentRole.Viewer], ["developer"] = [EnvironmentRole.Developer], ["approver"] = [EnvironmentRole.Approver],
                ["operator"] = [EnvironmentRole.Operator], ["admin"] = [EnvironmentRole.Admin],
                ["bob"] = [EnvironmentRole.Developer], ["olga"] = [EnvironmentRole.Developer, EnvironmentRole.Operator], ["member"] = [EnvironmentRole.Developer],
                ["owning viewer"] = [EnvironmentRole.Viewer], ["all but admin"] = [EnvironmentRole.Viewer, EnvironmentRole.Developer, EnvironmentRole.Approver, EnvironmentRole.Operator],
            },
            Process = process ?? [EnvironmentRole.Admin],
        });
        Store = new FeatureStore(_stores.Context, views, services, new FeatureStoreOptions(), () => lineage ?? []);
        Lineage = new FeatureLineage(_stores.Context);
    }

    public FakeClock Clock { get; } = new();

    public CallerAccessor Caller { get; } = new();

    public LogLines Log { get; } = new();

    public FeatureStore Store { get; }

    public FeatureLineage Lineage { get; }

    public EnvironmentContext Context => _stores.Context;

    /// <summary>Acts as somebody, who may claim groups; null is the process itself.</summary>
    public IDisposable? As(string? name, params string[] groups) => name is null
        ? null
        : Caller.ActAs(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), .. groups.Select(group => new Claim("groups", group))], "test")));

    public async ValueTask DisposeAsync()
    {
        Store.Dispose();
        await _stores.DisposeAsync();
        _directory.Dispose();
    }
}
