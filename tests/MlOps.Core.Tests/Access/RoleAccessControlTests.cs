using System.Diagnostics.Metrics;
using System.Security.Claims;
using Microsoft.Extensions.Logging;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Core.Tests.Access;

public sealed class RoleAccessControlTests
{
    private readonly CallerAccessor _caller = new();

    public static TheoryData<EnvironmentRole, string> Documented => new()
    {
        { EnvironmentRole.Viewer, "Read, Predict" },
        { EnvironmentRole.Developer, "Read, ReadArtifacts, LogRuns, RegisterModels, ReadFeatures, WriteFeatures, Predict" },
        { EnvironmentRole.Approver, "Read, ReadArtifacts, Approve, ReadAudit, Predict" },
        { EnvironmentRole.Operator, "Read, ReadArtifacts, MoveAliases, Delete, Operate, ReadAudit, ManageFeatures, Predict" },
        { EnvironmentRole.Admin, "Read, ReadArtifacts, LogRuns, RegisterModels, MoveAliases, Approve, Delete, Operate, ReadAudit, Administer, ReadFeatures, WriteFeatures, ManageFeatures, Predict" },
    };

    [Theory]
    [MemberData(nameof(Documented))]
    public void Role_GrantsWhatTheTableSays(EnvironmentRole role, string permissions)
    {
        var control = Control(new EnvironmentAccess { Users = Roles("ada", role) });
        using var _ = _caller.ActAs(CallerAccessor.Named("ADA"));
        Enum.GetValues<EnvironmentPermission>().Where(control.Allows).Should().Equal(permissions.Split(", ").Select(Enum.Parse<EnvironmentPermission>));
        EnvironmentRoles.PermissionsOf(role).Should().BeEquivalentTo(permissions.Split(", ").Select(Enum.Parse<EnvironmentPermission>));
    }

    [Fact]
    public void Nobody_MayDoNothing_AndTheMessageSaysWhoMay()
    {
        var control = Control(new EnvironmentAccess());
        using var _ = _caller.ActAs(CallerAccessor.Named("eve"));
        Enum.GetValues<EnvironmentPermission>().Should().NotContain(permission => control.Allows(permission));
        control.Invoking(c => c.Require(EnvironmentPermission.MoveAliases, "model 'churn'")).Should().Throw<AccessDeniedException>()
            .WithMessage("'eve' may not touch model 'churn' in environment 'production': it needs the permission MoveAliases, which these roles grant: Operator, Admin.");
    }

    [Fact]
    public void UnauthenticatedIdentity_WithEveryClaim_HasNothing()
    {
        var control = Control(new EnvironmentAccess { Users = Roles("ada", EnvironmentRole.Admin), Groups = Roles("ops", EnvironmentRole.Admin) });
        using var _ = _caller.ActAs(new ClaimsPrincipal(new ClaimsIdentity(
            [new(ClaimTypes.Name, "ada"), new(ClaimTypes.Role, "ops"), new(EnvironmentAccess.ClaimType, "*:admin")])));
        Enum.GetValues<EnvironmentPermission>().Should().NotContain(permission => control.Allows(permission));
        using var nobody = _caller.ActAs(new ClaimsPrincipal());
        control.Allows(EnvironmentPermission.Read).Should().BeFalse();
    }

    [Fact]
    public void SecondIdentity_Unauthenticated_AddsNothing()
    {
        var control = Control(new EnvironmentAccess());
        using var _ = _caller.ActAs(new ClaimsPrincipal(
        [
            new ClaimsIdentity([new(ClaimTypes.Name, "ada"), new(EnvironmentAccess.ClaimType, "production:viewer")], "test"),
            new ClaimsIdentity([new(EnvironmentAccess.ClaimType, "production:admin")]),
        ]));
        control.Allows(EnvironmentPermission.Read).Should().BeTrue();
        control.Allows(EnvironmentPermission.Approve).Should().BeFalse();
    }

    [Theory]
    [InlineData("production:approver", true)]
    [InlineData("Production:Approver", true)]
    [InlineData("*:approver", true)]
    [InlineData("*: approver ", true)]
    [InlineData("staging:approver", false)]
    [InlineData("approver", false)]
    [InlineData(":approver", false)]
    [InlineData("production:", false)]
    [InlineData("production:2", false)]
    [InlineData("production:viewer,approver", false)]
    [InlineData("production:approver:x", false)]
    [InlineData("prod*:approver", false)]
    [InlineData("", false)]
    public void Claim_GrantsOnlyInItsOwnForm(string value, bool granted)
    {
        using var _ = _caller.ActAs(Claiming(new Claim(EnvironmentAccess.ClaimType, value)));
        Control(new EnvironmentAccess()).Allows(EnvironmentPermission.Approve).Should().Be(granted);
        Control(new EnvironmentAccess { AcceptClaims = false }).Allows(EnvironmentPermission.Approve).Should().BeFalse();
    }

    [Theory]
    [InlineData(ClaimTypes.Role)]
    [InlineData("role")]
    [InlineData("roles")]
    [InlineData("groups")]
    public void Group_OfTheUser_GrantsItsRoles(string type)
    {
        var control = Control(new EnvironmentAccess { Groups = Roles("ML-Ops", EnvironmentRole.Operator) });
        using var _ = _caller.ActAs(Claiming(new Claim(type, "ml-ops")));
        control.Allows(EnvironmentPermission.Operate).Should().BeTrue();
        control.Allows(EnvironmentPermission.Approve).Should().BeFalse();
    }

    [Fact]
    public void Claim_OfAnotherType_GrantsNothing()
    {
        var control = Control(new EnvironmentAccess { Groups = Roles("ml-ops", EnvironmentRole.Operator) });
        using var _ = _caller.ActAs(Claiming(new Claim("department", "ml-ops"), new Claim(ClaimTypes.Email, "ml-ops")));
        control.Allows(EnvironmentPermission.Read).Should().BeFalse();
    }

    [Fact]
    public void Process_HasItsOwnRole_AndItsNameIsNoWayIn()
    {
        Control(new EnvironmentAccess()).Allows(EnvironmentPermission.Administer).Should().BeTrue("hosted workers go on");
        Control(new EnvironmentAccess { Process = [] }).Allows(EnvironmentPermission.Read).Should().BeFalse();
        Control(new EnvironmentAccess { Process = [EnvironmentRole.Viewer] }).Allows(EnvironmentPermission.LogRuns).Should().BeFalse();
        using var _ = _caller.ActAs(CallerAccessor.Named(_caller.Name));
        Control(new EnvironmentAccess()).Allows(EnvironmentPermission.Read).Should().BeFalse("a caller who bears the process's name is a caller");
    }

    [Fact]
    public void ActForProcess_KeepsTheName_AndEnds()
    {
        var control = Control(new EnvironmentAccess());
        using var _ = _caller.ActAs(CallerAccessor.Named("ada"));
        using (_caller.ActForProcess())
        {
            _caller.Name.Should().Be("ada");
            control.Allows(EnvironmentPermission.Administer).Should().BeTrue();
            using var inner = _caller.ActAs(CallerAccessor.Named("eve"));
            control.Allows(EnvironmentPermission.Read).Should().BeFalse("naming a caller ends the process's permissions");
        }

        control.Allows(EnvironmentPermission.Read).Should().BeFalse();
    }

    [Fact]
    public void FinerQuestions_AreAnsweredForAuthenticatedCallersOnly()
    {
        var control = Control(new EnvironmentAccess { Users = Roles("ada", EnvironmentRole.Developer), Groups = Roles("ml-ops", EnvironmentRole.Operator) });
        control.IsRestricted.Should().BeTrue();
        AccessControl.Unrestricted.IsRestricted.Should().BeFalse();
        control.HasRole(EnvironmentRole.Admin).Should().BeTrue("the process is an administrator unless it is told otherwise");
        control.IsUser(_caller.Name).Should().BeFalse("the process is no user");
        using (_caller.ActAs(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "Ada"), new("groups", "ML-Ops"), new("groups", "risk"), new("department", "sales")], "test"))))
        {
            (control.HasRole(EnvironmentRole.Developer), control.HasRole(EnvironmentRole.Operator), control.HasRole(EnvironmentRole.Viewer)).Should().Be((true, true, false));
            (control.IsUser("ada"), control.IsUser("eve"), control.IsInGroup("Risk"), control.IsInGroup("ml-ops"), control.IsInGroup("sales")).Should().Be((true, false, true, true, false));
            using var process = _caller.ActForProcess();
            (control.HasRole(EnvironmentRole.Admin), control.IsUser("ada"), control.IsInGroup("risk")).Should().Be((true, false, false));
        }

        using var _ = _caller.ActAs(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "ada"), new("groups", "risk")])));
        (control.HasRole(EnvironmentRole.Developer), control.IsUser("ada"), control.IsInGroup("risk")).Should().Be((false, false, false));
    }

    [Fact]
    public void Denial_IsLoggedAndCounted()
    {
        var log = new Lines();
        long denials = 0;
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name == "mlops.access.denied") l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => denials += tags.ToArray().Any(tag => (string?)tag.Value == "denials-test") ? value : 0);
        listener.Start();
        var control = AccessControl.ByRoles("denials-test", new EnvironmentAccess(), _caller, log);
        using var __ = _caller.ActAs(CallerAccessor.Named("eve"));
        control.Invoking(c => c.Require(EnvironmentPermission.Delete, "run 'x'")).Should().Throw<AccessDeniedException>();
        denials.Should().Be(1);
        log.Written.Should().ContainSingle().Which.Should().Be("1301 'eve' was denied Delete on run 'x' in environment 'denials-test'");
    }

    [Fact]
    public async Task Environment_OpenedWithRoles_GuardsAuditAndWhatTheHandleShows()
    {
        using var directory = new TemporaryDirectory();
        await using var stores = EnvironmentStores.OpenEmbedded("production", EnvironmentKind.Production, directory.Path, caller: _caller,
            access: new EnvironmentAccess { Users = new Dictionary<string, IReadOnlyList<EnvironmentRole>> { ["vic"] = [EnvironmentRole.Viewer], ["dev"] = [EnvironmentRole.Developer] } });
        var context = stores.Context;
        var guarded = context.Guarded();
        guarded.Guarded().Should().BeSameAs(guarded);
        var blob = await context.Artifacts.PutBytesAsync(new byte[] { 1, 2, 3 }, "x/y");
        using (_caller.ActAs(CallerAccessor.Named("dev")))
        {
            (await guarded.Artifacts.GetBytesAsync(blob, 10)).ToArray().Should().Equal(1, 2, 3);
            await guarded.Artifacts.PutBytesAsync(new byte[] { 4 }, "x/y");
        }

        using var _ = _caller.ActAs(CallerAccessor.Named("vic"));
        (await guarded.Artifacts.ExistsAsync(blob.ParsedDigest)).Should().BeTrue();
        await DeniedAsync(async () => await guarded.Artifacts.OpenReadAsync(blob.ParsedDigest));
        await DeniedAsync(async () => await guarded.Artifacts.GetLocalPathAsync(blob.ParsedDigest));
        await DeniedAsync(async () => await guarded.Artifacts.PutBytesAsync(new byte[] { 5 }, "x/y"));
        await DeniedAsync(async () => await guarded.Artifacts.CollectAsync((_, _) => ValueTask.FromResult(true), DateTimeOffset.MinValue));
        await DeniedAsync(async () => await guarded.Metadata.ReadAsync((session, _) => session.ScalarAsync("SELECT 1")));
        await DeniedAsync(async () => await guarded.Metadata.WriteAsync((session, _) => session.ExecuteAsync("DELETE FROM audit_record")));
        await DeniedAsync(async () => await context.Audit.ReadAsync());
        await DeniedAsync(async () => await context.Audit.VerifyAsync());
        await DeniedAsync(async () => await context.Audit.VerifyAsync(null!));
        await DeniedAsync(async () => await context.Audit.CheckpointAsync(null!));
        await DeniedAsync(async () => await context.Audit.GetCheckpointsAsync());
        await DeniedAsync(async () => await context.Audit.ProveInclusionAsync(-1));
        await DeniedAsync(async () => await context.Audit.ProveConsistencyAsync(-1));
    }

    [Fact]
    public async Task GuardedStores_EveryMethod_AsksFirst()
    {
        await using var environment = new TestEnvironment();
        using var _ = _caller.ActAs(CallerAccessor.Named("eve"));
        var control = Control(new EnvironmentAccess());
        foreach (var (contract, store) in new (Type, object)[]
                 {
                     (typeof(IArtifactStore), new MlOps.Access.GuardedArtifactStore(environment.Context.Artifacts, control)),
                     (typeof(IMetadataStore), new MlOps.Access.GuardedMetadataStore(environment.Context.Metadata, control)),
                 })
        {
            foreach (var method in contract.GetMethods().Where(method => !method.IsSpecialName))
            {
                var open = method.IsGenericMethodDefinition ? method.MakeGenericMethod(typeof(int)) : method;
                var arguments = open.GetParameters().Select(p => p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType) : null).ToArray();
                open.Invoking(m => m.Invoke(store, arguments)).Should().Throw<System.Reflection.TargetInvocationException>(method.Name)
                    .WithInnerException<AccessDeniedException>($"{contract.Name}.{method.Name} must ask");
            }
        }
    }

    [Theory]
    [InlineData("operater", "*Did you mean 'Operator'?*")]
    [InlineData("3", "*Known:*")]
    [InlineData("", "*")]
    public void Parse_UnknownRole_NamesTheNearest(string name, string message) =>
        name.Invoking(EnvironmentRoles.Parse).Should().Throw<InvalidDefinitionException>().WithMessage(message);

    private static async Task DeniedAsync(Func<Task> act) => await act.Should().ThrowAsync<AccessDeniedException>();

    private static ClaimsPrincipal Claiming(params Claim[] claims) => new(new ClaimsIdentity(claims, "test"));

    private static Dictionary<string, IReadOnlyList<EnvironmentRole>> Roles(string who, params EnvironmentRole[] roles) => new() { [who] = roles };

    private IAccessControl Control(EnvironmentAccess access) => AccessControl.ByRoles("production", access, _caller);

    private sealed class Lines : ILogger
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{eventId.Id} {formatter(state, exception)}");
    }
}
