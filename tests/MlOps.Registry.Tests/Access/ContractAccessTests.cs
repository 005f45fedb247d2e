using System.Reflection;
using System.Runtime.CompilerServices;
using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Registry.Tests.Access;

/// <summary>
/// Calls every method of the registry's public contracts as somebody without a role, with arguments that are all wrong: a method that does
/// not ask for a permission before anything else fails here, also one that is added tomorrow.
/// </summary>
public sealed class ContractAccessTests : IAsyncLifetime
{
    /// <summary>What a viewer may call. Everything else needs more; a new method that only reads is added here.</summary>
    private static readonly HashSet<string> Reading =
    [
        "IModelRegistry.GetAsync", "IModelRegistry.GetManifestAsync", "IModelRegistry.FindAsync", "IModelRegistry.ListAsync", "IModelRegistry.ListModelsAsync", "IModelRegistry.FindAliasAtAsync",
        "ILineage.GetUpstreamAsync", "ILineage.GetDownstreamAsync", "IModelRegistry.GetModelAsync", "IModelRegistry.GetStageAsync", "IModelRegistry.GetStagesAsync",
        "IModelRegistry.SearchVersionsAsync", "IModelRegistry.SearchModelsAsync", "IModelRegistry.GetAliasesAsync", "IModelRegistry.GetAliasHistoryAsync", "IModelRegistry.CheckCompleteness",
        "IExperiments.SearchRunsAsync", "IExperiments.GetRunAsync", "IExperiments.ListRunsAsync", "IExperiments.GetMetricHistoryAsync", "IExperiments.GetExperimentAsync", "IExperiments.ListExperimentsAsync",
        "IExperiments.FindLostRunsAsync", "IExperiments.GetRunNotesAsync", "IExperiments.ListPlotsAsync", "IExperiments.GetRunTreeAsync", "IExperiments.CompareRunsAsync",
    ];

    private readonly TemporaryDirectory _directory = new();
    private readonly CallerAccessor _caller = new();
    private EnvironmentStores _stores = null!;

    public static TheoryData<string, string> Methods
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var contract in new[] { typeof(IModelRegistry), typeof(IExperiments), typeof(IArtifactCollector), typeof(ILineage), typeof(IAuditLog) })
            {
                foreach (var method in contract.GetMethods().Concat(contract.GetInterfaces().SelectMany(parent => parent.GetMethods())).Where(m => !m.IsStatic && m.Name is not ("AppendAsync" or "DisposeAsync")))
                    data.Add(contract.Name, method.ToString()!);
            }

            return data;
        }
    }

    public Task InitializeAsync()
    {
        _stores = EnvironmentStores.OpenEmbedded("production", EnvironmentKind.Production, _directory.Path, caller: _caller, access: new EnvironmentAccess
        {
            Users = new Dictionary<string, IReadOnlyList<EnvironmentRole>>
            {
                ["vic"] = [EnvironmentRole.Viewer], ["dev"] = [EnvironmentRole.Developer], ["app"] = [EnvironmentRole.Approver], ["ops"] = [EnvironmentRole.Operator],
            },
        });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stores.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task EveryMethod_ByNobody_IsDeniedBeforeItsArgumentsAreLookedAt(string contract, string signature)
    {
        using var _ = _caller.ActAs(CallerAccessor.Named("nobody"));
        (await CallAsync(contract, signature)).Should().BeOfType<AccessDeniedException>($"{contract} {signature} must begin with Access.Require");
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task EveryMethod_ByAViewer_IsDeniedUnlessItOnlyReads(string contract, string signature)
    {
        using var _ = _caller.ActAs(CallerAccessor.Named("vic"));
        var outcome = await CallAsync(contract, signature);
        var name = contract + "." + Method(contract, signature).Name;
        if (Reading.Contains(name))
            (outcome is AccessDeniedException).Should().BeFalse($"{name} only reads");
        else
            outcome.Should().BeOfType<AccessDeniedException>($"{name} does more than reading; if it does not, add it to the list above");
    }

    [Fact]
    public async Task Roles_DoTheirOwnWorkAndNotTheOthers()
    {
        var registry = new SqlModelRegistry(_stores.Context);
        var draft = await Drafts.SmallAsync(_stores.Context);
        ModelVersion version;
        using (_caller.ActAs(CallerAccessor.Named("dev")))
        {
            version = await registry.RegisterAsync(draft);
            await DeniedAsync(async () => await registry.SetAliasAsync(version.Ref, "champion", "why"));
            await using var run = await new SqlExperiments(_stores.Context).StartRunAsync("e");
            run.LogMetric("m", 1);
        }

        using (_caller.ActAs(CallerAccessor.Named("app")))
        {
            await DeniedAsync(async () => await registry.RegisterAsync(draft));
            await DeniedAsync(async () => await registry.SetAliasAsync(version.Ref, "champion", "why"));
            await DeniedAsync(async () => await registry.SetTagsAsync(version.Ref, new Dictionary<string, string?> { ["a"] = "b" }));
            (await _stores.Context.Audit.VerifyAsync()).Should().BeNull();
        }

        using (_caller.ActAs(CallerAccessor.Named("ops")))
        {
            await registry.SetAliasAsync(version.Ref, "champion", "why");
            await DeniedAsync(async () => await registry.RegisterAsync(draft));
        }

        (await _stores.Context.Audit.ReadAsync()).Select(record => (record.Actor, record.Entry.Operation)).Should().Equal(
            ("dev", "registry.version.register"), ("dev", "experiments.run.start"), ("dev", "experiments.run.end"), ("ops", "registry.alias.set"));
    }

    [Fact]
    public async Task Copier_NeedsTheBytesOfTheSourceAndTheRightToRegisterInTheTarget()
    {
        await using var other = new TestEnvironment("staging");
        var version = (await new SqlModelRegistry(other.Context).RegisterAsync(await Drafts.SmallAsync(other.Context))).Ref;
        var (free, guarded) = (new EnvironmentHandle(other.Context), new EnvironmentHandle(_stores.Context));
        using (_caller.ActAs(CallerAccessor.Named("app")))
            await DeniedAsync(async () => await ModelCopier.CopyAsync(free, version, guarded, "k"));
        using (_caller.ActAs(CallerAccessor.Named("vic")))
            await DeniedAsync(async () => await ModelCopier.CopyAsync(guarded, version, free, "k"));
        using (_caller.ActAs(CallerAccessor.Named("dev")))
            (await ModelCopier.CopyAsync(free, version, guarded, "k")).Version.Should().Be(1);
    }

    private static async Task DeniedAsync(Func<Task> act) => await act.Should().ThrowAsync<AccessDeniedException>();

    private static MethodInfo Method(string contract, string signature)
    {
        var type = new[] { typeof(IModelRegistry), typeof(IExperiments), typeof(IArtifactCollector), typeof(ILineage), typeof(IAuditLog) }.Single(t => t.Name == contract);
        return type.GetMethods().Concat(type.GetInterfaces().SelectMany(parent => parent.GetMethods())).First(method => method.ToString() == signature);
    }

    private async Task<Exception?> CallAsync(string contract, string signature)
    {
        object engine = contract switch
        {
            nameof(IModelRegistry) => new SqlModelRegistry(_stores.Context),
            nameof(IExperiments) => new SqlExperiments(_stores.Context),
            nameof(ILineage) => new LineageExplorer(_stores.Context, []),
            nameof(IArtifactCollector) => new ArtifactCollector(_stores.Context, []),
            _ => _stores.Context.Audit,
        };
        var method = Method(contract, signature);
        if (method.IsGenericMethodDefinition)
            method = method.MakeGenericMethod([.. method.GetGenericArguments().Select(_ => typeof(object))]);
        var arguments = method.GetParameters().Select(p => p.ParameterType.IsValueType ? RuntimeHelpers.GetUninitializedObject(p.ParameterType) : null).ToArray();
        try
        {
            var result = method.Invoke(engine, arguments);
            if (result is not null)
                await EndAsync(result);
            return null;
        }
        catch (TargetInvocationException error)
        {
            return error.InnerException;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    private static async Task EndAsync(object result)
    {
        if (result is ValueTask plain)
        {
            await plain;
        }
        else if (result is Task task)
        {
            await task;
        }
        else if (result.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
        {
            await (Task)type.GetMethod("AsTask")!.Invoke(result, null)!;
        }
        else if (result.GetType().GetInterfaces().FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>)) is { } stream)
        {
            var enumerator = stream.GetMethod("GetAsyncEnumerator")!.Invoke(result, [CancellationToken.None])!;
            var next = typeof(IAsyncEnumerator<>).MakeGenericType(stream.GetGenericArguments()).GetMethod("MoveNextAsync")!;
            await (ValueTask<bool>)next.Invoke(enumerator, null)!;
        }
    }
}
