using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace MlOps.Features.Tests;

/// <summary>Every caller on every read path for every way to share: no value and no name reaches somebody for whom it is closed.</summary>
public sealed class GovernanceMatrixTests
{
    [Fact]
    public void EveryMemberOfEveryContract_IsInTheMatrix()
    {
        var listed = ReadPaths.All.Select(path => path.Method).Concat(ReadPaths.Exempt.Keys).ToHashSet();
        var missing = ReadPaths.Members().Select(member => ReadPaths.NameOf(member.Contract, member.Method)).Where(name => !listed.Contains(name)).Distinct().ToArray();
        missing.Should().BeEmpty("each needs a line in ReadPaths.All, so that the matrix calls it as everybody");
    }

    [Fact]
    public async Task EveryMethod_ByNobody_IsDeniedBeforeItsArgumentsAreLookedAt()
    {
        await using var world = new GovernedStore(MatrixWorld.Views(), MatrixWorld.Services());
        using var _ = world.As("nobody");
        var failures = new List<string>();
        // What no facet is, is handed over by a member that asked.
        foreach (var (contract, declared) in ReadPaths.Members().Where(member => member.Contract == typeof(IFeatureStore) || ReadPaths.IsFacet(member.Contract)))
        {
            var method = declared.IsGenericMethodDefinition ? declared.MakeGenericMethod(typeof(object)) : declared;
            object target = contract == typeof(IFeatureStore) ? world.Store : typeof(IFeatureStore).GetProperties().Single(facet => facet.PropertyType == contract).GetValue(world.Store)!;
            var arguments = method.GetParameters().Select(p => p.ParameterType.IsValueType ? RuntimeHelpers.GetUninitializedObject(p.ParameterType) : null).ToArray();
            var outcome = await OutcomeAsync(async () =>
            {
                var result = method.Invoke(target, arguments);
                switch (result)
                {
                    case ValueTask task:
                        await task;
                        break;
                    case Task task:
                        await task;
                        break;
                    case not null when result.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ValueTask<>):
                        await (Task)type.GetMethod("AsTask")!.Invoke(result, null)!;
                        break;
                }

                return result;
            });
            if (outcome is not AccessDeniedException)
                failures.Add($"{contract.Name}.{method.Name} gave {outcome?.GetType().Name ?? "nothing"}: begin with Access.Require");
        }

        failures.Should().BeEmpty();
    }

    [Fact]
    public async Task NoCaller_OnNoReadPath_GetsWhatIsClosed()
    {
        await using var world = await MatrixWorld.OpenAsync();
        var failures = new List<string>();
        var (calls, answered) = (0, 0);
        foreach (var (caller, groups) in MatrixWorld.Callers)
        {
            var sight = MatrixWorld.Features.ToDictionary(pair => pair, pair => MatrixWorld.Has(caller, EnvironmentPermission.Read) ? MatrixWorld.Expected(caller, groups, pair.View, pair.Feature) : FeatureVisibility.None);
            foreach (var path in ReadPaths.All)
            {
                foreach (var (view, feature) in MatrixWorld.Features.Where(pair => path.Target switch
                         {
                             PathTarget.Everything => pair == (0, 0),
                             PathTarget.View or PathTarget.WholeView => pair.Feature == 0,
                             _ => true,
                         }))
                {
                    var what = $"{caller ?? "process"}{(groups.Length > 0 ? "+" + groups[0] : "")} {path.Method} {MatrixWorld.FeatureName(view, feature)}";
                    var target = MatrixWorld.Target(view, feature);
                    object? outcome;
                    using (world.As(caller, groups))
                        outcome = await OutcomeAsync(() => path.Call(world, target));
                    calls++;
                    var of = sight.Where(pair => pair.Key.View == view).Select(pair => pair.Value).ToArray();
                    var seen = path.Target switch
                    {
                        PathTarget.Everything => FeatureVisibility.Values,
                        PathTarget.View or PathTarget.WholeView => of.Max(),
                        _ => sight[(view, feature)],
                    };
                    var isAllowed = (MatrixWorld.Has(caller, path.Permission) || !path.Refuses) && seen >= path.Level && (path.Target != PathTarget.WholeView || of.Min() >= path.Level);
                    if (isAllowed != (outcome is not Exception))
                        failures.Add($"{what}: {(isAllowed ? "should be answered, but" : "should be refused, but")} {outcome?.GetType().Name}: {(outcome as Exception)?.Message}");
                    if (isAllowed)
                        answered++;
                    if (!isAllowed && outcome is not (AccessDeniedException or NotFoundException))
                        failures.Add($"{what}: refused by {outcome?.GetType().Name}");
                    var text = outcome is Exception error ? error.Message : Dump.Of(outcome);
                    Leaks(failures, what, path, text, sight, target, caller);
                    if (!isAllowed && seen == FeatureVisibility.None && path.Target != PathTarget.Everything)
                        await LooksAbsentAsync(failures, what, path, world, caller, groups, target, (Exception)outcome!);
                    if (isAllowed && path.ShowsName && !Named(text, path, view, feature, sight))
                        failures.Add($"{what}: the name is missing in an answer that should show it");
                    if (isAllowed && path.ShowsValues && path.Target is PathTarget.Feature or PathTarget.Service && sight[(view, feature)] == FeatureVisibility.Values
                        && MatrixWorld.Has(caller, EnvironmentPermission.ReadFeatures) && isAllowed && !text.Contains(Shown(view, feature), StringComparison.Ordinal))
                        failures.Add($"{what}: the value is missing in an answer that should show it");
                }
            }
        }

        failures.Should().BeEmpty();
        calls.Should().BeGreaterThan(4_000);
        answered.Should().BeGreaterThan(1_000, "a matrix of refusals alone would prove nothing");
    }

    [Fact]
    public async Task WithoutRules_EverythingIsOpen()
    {
        await using var open = new OpenStore(MatrixWorld.Views(), MatrixWorld.Services());
        using var _ = open.Environment.Caller.ActAs(CallerAccessor.Named("somebody"));
        open.Store.Views.Should().HaveCount(6);
        (await open.Store.Catalogue.SearchAsync(new FeatureQuery { Kinds = [CatalogueKind.Feature] })).Total.Should().Be(36);
        await open.Store.IngestAsync("qvq0", MatrixWorld.Rows("qvq0"), "b");
        (await open.Store.GetTrainingFrameAsync(MatrixWorld.Spine, "at", "qsq0x1")).Column<float>("qvq0_qfq0x1").Span[0].Should().Be(MatrixWorld.Value(0, 1));
    }

    // A closed name may stand in a refusal only where the caller wrote it; a closed value nowhere.
    private static void Leaks(
        List<string> failures, string what, ReadPath path, string text, Dictionary<(int View, int Feature), FeatureVisibility> sight, PathTargetName target, string? caller)
    {
        var asked = path.Target switch
        {
            PathTarget.Feature => (string[])[target.Feature, target.View],
            PathTarget.Service => [target.Service],
            PathTarget.Everything => [],
            _ => [target.View],
        };
        foreach (var ((view, feature), seen) in sight)
        {
            if (seen == FeatureVisibility.None)
            {
                foreach (var name in new[] { MatrixWorld.FeatureName(view, feature), MatrixWorld.ServiceName(view, feature) }.Except(asked))
                {
                    if (text.Contains(name, StringComparison.OrdinalIgnoreCase))
                        failures.Add($"{what}: leaks the name {name}");
                }
            }

            if ((seen != FeatureVisibility.Values || !MatrixWorld.Has(caller, EnvironmentPermission.ReadFeatures)) && text.Contains(Shown(view, feature), StringComparison.Ordinal))
                failures.Add($"{what}: leaks the value of {MatrixWorld.FeatureName(view, feature)}");
        }

        foreach (var view in sight.GroupBy(pair => pair.Key.View))
        {
            if (view.All(pair => pair.Value == FeatureVisibility.None))
            {
                foreach (var name in new[] { MatrixWorld.ViewName(view.Key), $"qeq{view.Key}", $"qtq{view.Key}" }.Except(asked))
                {
                    if (text.Contains(name, StringComparison.OrdinalIgnoreCase))
                        failures.Add($"{what}: leaks the name {name}");
                }
            }

            if (view.Any(pair => pair.Value == FeatureVisibility.None) && path.Target != PathTarget.Service && text.Contains($"qsq{view.Key}all", StringComparison.Ordinal))
                failures.Add($"{what}: leaks the service of the whole view {view.Key}");
        }
    }

    // What is closed must be answered as what never was, but for the name that was asked for.
    private static async Task LooksAbsentAsync(
        List<string> failures, string what, ReadPath path, GovernedStore world, string? caller, string[] groups, PathTargetName target, Exception outcome)
    {
        var absent = path.Target switch
        {
            PathTarget.Feature => target with { Feature = "qfq9x9" },
            PathTarget.Service => target with { Service = "qsq9x9" },
            _ => target with { View = "qvq9" },
        };
        object? other;
        using (world.As(caller, groups))
            other = await OutcomeAsync(() => path.Call(world, absent));
        var expected = (other as Exception)?.Message.Replace(absent.Feature, target.Feature, StringComparison.Ordinal).Replace(absent.Service, target.Service, StringComparison.Ordinal).Replace(absent.View, target.View, StringComparison.Ordinal);
        if (other?.GetType() != outcome.GetType() || WithoutHint(expected!) != WithoutHint(outcome.Message))
            failures.Add($"{what}: differs from what does not exist: '{outcome.Message}' instead of '{expected}'");
    }

    // The hint lists names near to the one that was asked for, which differ by what was asked; that no closed one is among them was looked at before.
    private static string WithoutHint(string message) => message.Split(". Did you mean", 2)[0].Split(". Known:", 2)[0].Split(". None exist", 2)[0].TrimEnd('.');

    private static bool Named(string text, ReadPath path, int view, int feature, Dictionary<(int View, int Feature), FeatureVisibility> sight) => path.Target switch
    {
        PathTarget.Everything => sight.Where(pair => pair.Value != FeatureVisibility.None).All(pair =>
            text.Contains(MatrixWorld.FeatureName(pair.Key.View, pair.Key.Feature), StringComparison.Ordinal) || text.Contains(MatrixWorld.ServiceName(pair.Key.View, pair.Key.Feature), StringComparison.Ordinal)),
        PathTarget.View or PathTarget.WholeView => sight.Where(pair => pair.Key.View == view && pair.Value != FeatureVisibility.None)
            .All(pair => text.Contains(MatrixWorld.FeatureName(pair.Key.View, pair.Key.Feature), StringComparison.Ordinal)),
        _ => text.Contains(MatrixWorld.FeatureName(view, feature), StringComparison.Ordinal),
    };

    private static string Shown(int view, int feature) => MatrixWorld.Value(view, feature).ToString(CultureInfo.InvariantCulture);

    private static async Task<object?> OutcomeAsync(Func<Task<object?>> act)
    {
        try
        {
            return await act();
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
}
