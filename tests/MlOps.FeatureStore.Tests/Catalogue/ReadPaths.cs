using System.Reflection;

namespace MlOps.Features.Tests;

/// <summary>
/// How every method of the feature store's public contracts is called by the governance matrix. Contracts are found by reflection, beginning with
/// <see cref="IFeatureStore"/> and following what its members return; a method that has no line here fails the matrix. Who adds a method or a
/// facet adds a line.
/// </summary>
internal static class ReadPaths
{
    /// <summary>Contracts that no member of another one returns.</summary>
    private static readonly Type[] Roots = [typeof(IFeatureStore), typeof(ILineageSource)];

    /// <summary>Members that yield nothing by themselves, with the reason.</summary>
    public static readonly Dictionary<string, string> Exempt = new()
    {
        ["IFeatureStore.EnsureReadyAsync"] = "yields nothing; asks for Read, see the contract test",
        ["IFeatureVectorSource.get_Id"] = "a source is handed over by somebody who was allowed to open it",
        ["IFeatureVectorSource.get_KeyNames"] = "a source is handed over by somebody who was allowed to open it",
        ["IFeatureVectorSource.get_FeatureNames"] = "a source is handed over by somebody who was allowed to open it",
    };

    public static ReadPath[] All { get; } =
    [
        new("IFeatureStore.get_Views", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, _) => Task.FromResult<object?>(w.Store.Views), ShowsName: false),
        new("IFeatureStore.get_Services", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, _) => Task.FromResult<object?>(w.Store.Services)),
        new("IFeatureStore.IngestAsync", PathTarget.WholeView, EnvironmentPermission.WriteFeatures, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.IngestAsync(t.View, MatrixWorld.Rows(t.View), "first"), ShowsName: false),
        new("IFeatureStore.PushAsync", PathTarget.WholeView, EnvironmentPermission.WriteFeatures, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.PushAsync(t.View, MatrixWorld.Rows(t.View), "source", 1), ShowsName: false),
        new("IFeatureStore.GetTrainingFrameAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await w.Store.GetTrainingFrameAsync(MatrixWorld.Spine, "at", t.Service), ShowsValues: true),
        new("IFeatureStore.MaterializeAsync", PathTarget.Service, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.MaterializeAsync(t.Service, MatrixWorld.Later), ShowsName: false),
        new("IFeatureStore.GetVectorSourceAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadAsync(await w.Store.GetVectorSourceAsync(t.Service)), ShowsValues: true),
        new("IFeatureStore.FeatureNamesOf", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, t) => Task.FromResult<object?>(w.Store.FeatureNamesOf(t.Service))),
        new("IFeatureStore.IdOf", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, t) => Task.FromResult<object?>(w.Store.IdOf(t.Service)), ShowsName: false),
        new("IFeatureStore.GetStatusAsync", PathTarget.View, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.GetStatusAsync(t.View), ShowsName: false),
        // The source was opened by the owner; here somebody else reads through it.
        new("IFeatureVectorSource.ReadAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadAsync(MatrixWorld.Opened.GetValueOrDefault(t.Service) ?? await w.Store.GetVectorSourceAsync(t.Service)), ShowsName: false, ShowsValues: true),
        new("IFeatureCatalogue.SearchAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            async (w, _) => await w.Store.Catalogue.SearchAsync(new FeatureQuery { Take = 1000, AllVersions = true }), ShowsValues: true),
        new("IFeatureCatalogue.GetViewAsync", PathTarget.View, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.Catalogue.GetViewAsync(t.View), ShowsValues: true),
        new("IFeatureCatalogue.GetFeatureAsync", PathTarget.Feature, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.Catalogue.GetFeatureAsync(t.View, t.Feature), ShowsValues: true),
        new("IFeatureCatalogue.GetServiceAsync", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.Catalogue.GetServiceAsync(t.Service)),
        new("IFeatureCatalogue.GetEntitiesAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await w.Store.Catalogue.GetEntitiesAsync(), ShowsName: false),
        new("IFeatureCatalogue.GetVersionsAsync", PathTarget.View, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.Catalogue.GetVersionsAsync(t.View)),
        new("IFeatureCatalogue.CompareAsync", PathTarget.View, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.Catalogue.CompareAsync(t.View, 1, 1), ShowsName: false),
        new("IFeatureCatalogue.GetHistoryAsync", PathTarget.View, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.Catalogue.GetHistoryAsync(t.View)),
        new("IFeatureCatalogue.GetServiceHistoryAsync", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.Catalogue.GetServiceHistoryAsync(t.Service), ShowsName: false),
        new("IFeatureCatalogue.GetUsageAsync", PathTarget.Feature, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.Catalogue.GetUsageAsync(t.View, t.Feature), ShowsName: false),
        new("IFeatureCatalogue.GetFeaturesOfAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            async (w, _) => await w.Store.Catalogue.GetFeaturesOfAsync(LineageNode.Version(new ModelVersionRef("model", 1)))),
        new("IFeatureCatalogue.ComputeStatisticsAsync", PathTarget.View, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.Catalogue.ComputeStatisticsAsync(t.View), ShowsValues: true),
        new("IFeatureCatalogue.GetStatisticsAsync", PathTarget.Feature, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.Catalogue.GetStatisticsAsync(t.View, t.Feature), ShowsValues: true),
        new("ILineageSource.GetEdgesAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await MatrixWorld.EdgesAsync(w), ShowsName: false, Refuses: false),
        new("ILineageSource.IsVisibleAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await MatrixWorld.VisibleNodesAsync(w), ShowsName: false, Refuses: false),
    ];

    /// <summary>The public contracts of the feature store and everything that can be called on them.</summary>
    public static IEnumerable<(Type Contract, MethodInfo Method)> Members() =>
        Contracts().SelectMany(contract => contract.GetMethods().Where(method => !method.IsStatic && !Contracts().Contains(method.ReturnType)).Select(method => (contract, method)));

    public static string NameOf(Type contract, MethodInfo method) => $"{contract.Name}.{method.Name}";

    private static HashSet<Type> Contracts()
    {
        var found = new HashSet<Type>();
        var open = new Queue<Type>(Roots);
        while (open.TryDequeue(out var contract))
        {
            if (!found.Add(contract))
                continue;
            foreach (var method in contract.GetMethods())
            {
                foreach (var type in Parts(method.ReturnType).Where(type => type.IsInterface && type.Namespace?.StartsWith("MlOps", StringComparison.Ordinal) == true))
                    open.Enqueue(type);
            }
        }

        return found;
    }

    private static IEnumerable<Type> Parts(Type type) => type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : [type];

    private static async Task<object?> ReadAsync(IFeatureVectorSource source)
    {
        var values = new float[source.FeatureNames.Count];
        await source.ReadAsync(new[] { "k" }, MatrixWorld.Later, values);
        return (object)new object[] { source.FeatureNames, values };
    }
}
