using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Hosting;

/// <summary>Roles by configuration, seen through the handles that a host gives out.</summary>
public sealed class RoleTests : IDisposable
{
    private static readonly (string, string)[] Roles =
    [
        ("Environments:staging:Roles:Users:dev", "Developer"),
        ("Environments:production:PromotesFrom", "staging"),
        ("Environments:production:Approvals", "1"),
        ("Environments:production:RequireCompleteArtifacts", "false"),
        ("Environments:production:Roles:Users:app", "Approver"),
        ("Environments:production:Roles:Groups:ml-ops", "Operator, Viewer"),
        ("Environments:production:Roles:Users:vic", "viewer"),
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Start_WithRolesThatAreNot_ListsThemWithTheNearest()
    {
        var mistakes = await TestHost.MistakesAsync(_directory.Path,
        [
            ("Environments:production:Roles:Users:ada", "Viewer, aprover"),
            ("Environments:production:Roles:Groups:ops", "3"),
            ("Environments:production:Roles:Process", "root"),
            ("Environments:staging:Roles:Enforce", "false"),
            ("Environments:staging:Roles:Users:ada", "Admin"),
        ]);
        mistakes.Should().HaveCount(4);
        mistakes.Should().Contain(m => m.Contains("production:Roles:Users:ada names the role 'aprover'", StringComparison.Ordinal) && m.Contains("Did you mean 'Approver'?", StringComparison.Ordinal));
        mistakes.Should().Contain(m => m.Contains("Roles:Groups:ops names the role '3'", StringComparison.Ordinal));
        mistakes.Should().Contain(m => m.Contains("Roles:Process names the role 'root'", StringComparison.Ordinal));
        mistakes.Should().Contain(m => m.Contains("staging:Roles:Enforce is false", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Promotion_PassesThroughTheRolesOfBothEnvironments()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, Roles);
        var caller = host.Services.GetRequiredService<ICallerAccessor>();
        ModelVersionRef version;
        PromotionRecord asked;
        using (caller.ActAs(CallerAccessor.Named("dev")))
        {
            version = await RegisterAsync(host["staging"]);
            await DeniedAsync(async () => await host["production"].Models.ListModelsAsync());
            asked = await host["staging"].Get<IPromotions>().PromoteAsync(version, "production");
            asked.State.Should().Be(PromotionState.AwaitingApproval);
            await DeniedAsync(async () => await host["production"].Get<IPromotions>().ApproveAsync(asked.Id));
        }

        using (caller.ActAs(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "olga"), new(ClaimTypes.Role, "ml-ops")], "test"))))
            await DeniedAsync(async () => await host["production"].Get<IPromotions>().ApproveAsync(asked.Id));
        using (caller.ActAs(CallerAccessor.Named("app")))
        {
            await DeniedAsync(async () => await RegisterAsync(host["production"]));
            (await host["production"].Get<IPromotions>().ApproveAsync(asked.Id)).State.Should().Be(PromotionState.Completed);
        }

        using (caller.ActAs(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "olga"), new(ClaimTypes.Role, "ml-ops")], "test"))))
            (await host["production"].Models.RemoveAliasAsync(version.Model, "champion", "not yet")).From.Should().Be(1);
        var trail = await host["production"].Context.Audit.ReadAsync();
        trail.Should().Contain(record => record.Actor == "app" && record.Entry.Operation == "promotion.approve");
        (await host["production"].Context.Audit.VerifyAsync(new AuditVerification())).Findings.Should().BeEmpty();
    }

    [Fact]
    public async Task Promotion_WithoutApprovals_IsForThoseWhoMayDeploy()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, Roles.Select(pair => pair.Item1.EndsWith("Approvals", StringComparison.Ordinal) ? (pair.Item1, "0") : pair));
        using var _ = host.Services.GetRequiredService<ICallerAccessor>().ActAs(CallerAccessor.Named("dev"));
        var version = await RegisterAsync(host["staging"]);
        await DeniedAsync(async () => await host["staging"].Get<IPromotions>().PromoteAsync(version, "production"));
    }

    [Fact]
    public async Task Viewer_SeesModelsButNoBytesAndNoRows()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, Roles);
        var production = host["production"];
        var blob = (await production.Models.GetAsync(await RegisterAsync(production))).Artifacts[0].Content;
        using var _ = host.Services.GetRequiredService<ICallerAccessor>().ActAs(CallerAccessor.Named("vic"));
        (await production.Models.ListModelsAsync()).Should().ContainSingle();
        await DeniedAsync(async () => await production.Context.Artifacts.OpenReadAsync(blob.ParsedDigest));
        await DeniedAsync(async () => await production.Get<EnvironmentContext>().Artifacts.OpenReadAsync(blob.ParsedDigest));
        await DeniedAsync(async () => await production.Get<IArtifactStore>().OpenReadAsync(blob.ParsedDigest));
        await DeniedAsync(async () => await production.Context.Metadata.ReadAsync((session, _) => session.ScalarAsync("SELECT 1")));
        await DeniedAsync(async () => await production.Get<IAuditLog>().ReadAsync());
        await DeniedAsync(async () => await production.Get<IPipelines>().ListAsync().AsTask().ContinueWith(t => production.Get<IPipelines>().StartAsync("p", "{}").AsTask(), TaskScheduler.Default).Unwrap());
        await DeniedAsync(async () => await production.Get<Serving.IEndpoints>()["scale"].StopAsync("no"));
    }

    private static Task<ModelVersionRef> RegisterAsync(IMlOpsEnvironment environment) => SyntheticModel.RegisterAsync(environment);

    private static async Task DeniedAsync(Func<Task> act) => await act.Should().ThrowAsync<AccessDeniedException>();
}
