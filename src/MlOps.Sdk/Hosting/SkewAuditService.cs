using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MlOps.Features;

namespace MlOps;

/// <summary>Audits the feature services of every environment when an interval is set.</summary>
internal sealed class SkewAuditService(IServiceProvider services) : RoleService(MlOpsRoles.Worker, services)
{
    private readonly IServiceProvider _services = services;

    protected override Func<CancellationToken, Task> Prepare(IMlOpsEnvironment environment)
    {
        if (_services.GetRequiredService<IOptions<FeatureStoreOptions>>().Value.SkewAudit.Interval is null)
            return _ => Task.CompletedTask;
        var skew = environment.Features.Skew;
        return skew.RunAsync;
    }
}
