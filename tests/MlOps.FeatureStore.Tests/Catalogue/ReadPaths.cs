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
        ["IFeatureVectorSource.get_RequestInputs"] = "a source is handed over by somebody who was allowed to open it",
        ["IFeatureReader`1.get_Service"] = "what GetReader was asked for",
        ["IFeatureReader`1.GetAsync"] = "called by the line of GetReader",
        ["IFeatureReader`1.GetManyAsync"] = "called by the line of GetReader",
        ["IStreamRun.get_Job"] = "a run is handed over by somebody who was allowed to manage it",
        ["IStreamRun.get_Completion"] = "a run is handed over by somebody who was allowed to manage it",
        ["IStreamRun.GetStatusAsync"] = "called by the line of StartAsync; see FacetAccessTests",
        ["IStreamRun.Pause"] = "see FacetAccessTests",
        ["IStreamRun.Resume"] = "see FacetAccessTests",
        ["IStreamRun.ReachAsync"] = "see FacetAccessTests",
        ["IStreamRun.StopAsync"] = "see FacetAccessTests",
        ["IFeatureVectorSource.get_Id"] = "a source is handed over by somebody who was allowed to open it",
        ["IFeatureVectorSource.get_KnowsAges"] = "a source is handed over by somebody who was allowed to open it",
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
            async (w, t) => await w.Store.MaterializeAsync(t.Service, MatrixWorld.Later, new MaterializeOptions { Rebuild = true }), ShowsName: false),
        new("IFeatureStore.GetVectorSourceAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadAsync(await w.Store.GetVectorSourceAsync(t.Service)), ShowsValues: true),
        new("IFeatureStore.FeatureNamesOf", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, t) => Task.FromResult<object?>(w.Store.FeatureNamesOf(t.Service))),
        new("IFeatureStore.IdOf", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, t) => Task.FromResult<object?>(w.Store.IdOf(t.Service)), ShowsName: false),
        new("IFeatureStore.GetStatusAsync", PathTarget.View, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, t) => await w.Store.GetStatusAsync(t.View), ShowsName: false),
        // The source was opened by the owner; here somebody else reads through it.
        new("IFeatureVectorSource.ReadAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadAsync(MatrixWorld.Opened.GetValueOrDefault(t.Service) ?? await w.Store.GetVectorSourceAsync(t.Service)), ShowsName: false, ShowsValues: true),
        new("IFeatureVectorSource.ReadWithAgesAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadWithAgesAsync(MatrixWorld.Opened.GetValueOrDefault(t.Service) ?? await w.Store.GetVectorSourceAsync(t.Service)), ShowsName: false, ShowsValues: true),
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
        new("IFeatureVectorSource.ReadManyAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadManyAsync(MatrixWorld.Opened.GetValueOrDefault(t.Service) ?? await w.Store.GetVectorSourceAsync(t.Service)), ShowsName: false, ShowsValues: true),
        new("IFeatureStore.GetTrainingFrameBatchesAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ListAsync(w.Store.GetTrainingFrameBatchesAsync(MatrixWorld.Spine.InBatchesAsync(1), "at", t.Service)), ShowsValues: true),
        new("IFeatureStore.GetReader", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ReadTypedAsync(w, t), ShowsName: false, ShowsValues: true),
        new("IFeatureStore.ProfileAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values, async (w, t) => await w.Store.ProfileAsync(t.View)),
        new("IFeatureStore.EraseAsync", PathTarget.WholeView, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            async (w, t) =>
            {
                var report = await w.Store.EraseAsync(t.View, ["somebody"]);
                // The statistics went with it, which other lines read.
                using var _ = w.Caller.ActForProcess();
                await w.Store.Catalogue.ComputeStatisticsAsync(t.View);
                return report;
            }, ShowsName: false),
        new("IOfflineStore.CompactAsync", PathTarget.View, EnvironmentPermission.Operate, FeatureVisibility.Metadata, async (w, t) => await w.Store.Offline.CompactAsync(t.View), ShowsName: false),
        new("IOfflineStore.VerifyAsync", PathTarget.View, EnvironmentPermission.Operate, FeatureVisibility.Metadata, async (w, t) => await w.Store.Offline.VerifyAsync(t.View), ShowsName: false),
        new("IFeatureSpines.EntitiesAtAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await w.Store.Spines.EntitiesAtAsync(t.View, MatrixWorld.Later), ShowsName: false),
        new("IFeatureSpines.LatestAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values, async (w, t) => await w.Store.Spines.LatestAsync(t.View), ShowsName: false),
        new("IFeatureSpines.EventsAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ListAsync(w.Store.Spines.EventsAsync(t.View, MatrixWorld.Start, MatrixWorld.Later)), ShowsName: false),
        new("IFeatureSpines.FeaturesAtEventsAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await ListAsync(w.Store.Spines.FeaturesAtEventsAsync(t.View, MatrixWorld.Start, MatrixWorld.Later))),
        new("ITrainingFrames.CreateAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await w.Store.Frames.CreateAsync("frame", MatrixWorld.Spine, "at", t.Service), ShowsName: false),
        new("ITrainingFrames.SaveAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await w.Store.Frames.SaveAsync("saved", MatrixWorld.Spine, t.Service), ShowsName: false),
        new("ITrainingFrames.OpenAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            (w, t) => MatrixWorld.WithFrameAsync(w, t.Service, async digest => await w.Store.Frames.OpenAsync(digest)), ShowsValues: true),
        new("ITrainingFrames.OpenBatchesAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            (w, t) => MatrixWorld.WithFrameAsync(w, t.Service, async digest => await ListAsync(w.Store.Frames.OpenBatchesAsync(digest))), ShowsValues: true),
        new("ITrainingFrames.FindAsync", PathTarget.Service, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            (w, t) => MatrixWorld.WithFrameAsync(w, t.Service, async digest => await w.Store.Frames.FindAsync(digest) is { Count: > 0 } found ? found : throw new NotFoundException("none")), ShowsName: false),
        new("ITrainingFrames.DeleteAsync", PathTarget.Service, EnvironmentPermission.Delete, FeatureVisibility.Metadata,
            (w, t) => MatrixWorld.WithFrameAsync(w, t.Service, async digest => await w.Store.Frames.DeleteAsync(digest) ? true : throw new NotFoundException("none")), ShowsName: false),
        new("ITrainingFrames.ListAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await MatrixWorld.ListFramesAsync(w)),
        new("IFeatureQuarantine.ListAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await w.Store.Quarantine.ListAsync(null, true), ShowsName: false),
        new("IFeatureQuarantine.GetAsync", PathTarget.WholeView, EnvironmentPermission.Read, FeatureVisibility.Metadata,
            (w, t) => MatrixWorld.WithBatchAsync(w, t.View, async id => await w.Store.Quarantine.GetAsync(id)), ShowsName: false),
        new("IFeatureQuarantine.GetReportAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            (w, t) => MatrixWorld.WithBatchAsync(w, t.View, async id => await w.Store.Quarantine.GetReportAsync(id)), ShowsName: false),
        new("IFeatureQuarantine.GetRowsAsync", PathTarget.WholeView, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            (w, t) => MatrixWorld.WithBatchAsync(w, t.View, async id => await w.Store.Quarantine.GetRowsAsync(id))),
        new("IFeatureQuarantine.ReleaseAsync", PathTarget.WholeView, EnvironmentPermission.WriteFeatures, FeatureVisibility.Metadata,
            (w, t) => MatrixWorld.WithBatchAsync(w, t.View, async id => await w.Store.Quarantine.ReleaseAsync(id, "why")), ShowsName: false),
        new("IFeatureQuarantine.ReleaseAsync", PathTarget.WholeView, EnvironmentPermission.WriteFeatures, FeatureVisibility.Metadata,
            (w, t) => MatrixWorld.WithBatchAsync(w, t.View, async id => await w.Store.Quarantine.ReleaseAsync(id, MatrixWorld.Rows(t.View))), ShowsName: false),
        new("IFeatureQuarantine.DiscardAsync", PathTarget.WholeView, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            (w, t) => MatrixWorld.WithBatchAsync(w, t.View, async id =>
            {
                await w.Store.Quarantine.DiscardAsync(id, "why");
                return true;
            }), ShowsName: false),
        new("IFeatureSources.IngestAsync", PathTarget.WholeView, EnvironmentPermission.WriteFeatures, FeatureVisibility.Metadata,
            async (w, t) => await w.Store.Sources.IngestAsync(t.View, FeatureSource.Frames(MatrixWorld.Rows(t.View).InBatchesAsync(1)), "source"), ShowsName: false),
        new("IFeatureSources.RefreshAsync", PathTarget.WholeView, EnvironmentPermission.WriteFeatures, FeatureVisibility.Metadata, RefreshAsync, ShowsName: false),
        new("IFeatureStreams.get_Running", PathTarget.Everything, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata, (w, _) => Task.FromResult<object?>(w.Store.Streams.Running), ShowsName: false),
        new("IFeatureStreams.StartAsync", PathTarget.WholeView, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata, StartAsync, ShowsName: false),
        new("IFeatureStreams.RunAsync", PathTarget.WholeView, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            async (w, t) =>
            {
                await w.Store.Streams.RunAsync(JobOf(t));
                return true;
            }, ShowsName: false),
        new("ISkewAudit.get_Status", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, (w, _) => Task.FromResult<object?>(w.Store.Skew.Status), ShowsName: false),
        new("ISkewAudit.AuditAsync", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            async (w, t) => await w.Store.Skew.AuditAsync(t.Service, MatrixWorld.Start, MatrixWorld.Later), ShowsName: false),
        new("ISkewAudit.get_LastReports", PathTarget.Everything, EnvironmentPermission.ReadFeatures, FeatureVisibility.Metadata, (w, _) => Task.FromResult<object?>(w.Store.Skew.LastReports), ShowsName: false),
        new("ISkewAudit.Watch", PathTarget.Service, EnvironmentPermission.ReadFeatures, FeatureVisibility.Values,
            (w, t) => Task.FromResult<object?>(w.Store.Skew.Watch(t.Service, MatrixWorld.Opened.GetValueOrDefault(t.Service) ?? MatrixWorld.Opened.Values.First()).FeatureNames), ShowsName: false),
        new("ISkewAudit.FlushAsync", PathTarget.Everything, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            async (w, _) =>
            {
                await w.Store.Skew.FlushAsync();
                return true;
            }, ShowsName: false),
        new("ISkewAudit.EraseAsync", PathTarget.WholeView, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata, async (w, t) => await w.Store.Skew.EraseAsync(t.View, ["somebody"]), ShowsName: false),
        new("ISkewAudit.RunAsync", PathTarget.Everything, EnvironmentPermission.ManageFeatures, FeatureVisibility.Metadata,
            async (w, _) =>
            {
                await w.Store.Skew.RunAsync();
                return true;
            }, ShowsName: false),
        new("ILineageSource.GetEdgesAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await MatrixWorld.EdgesAsync(w), ShowsName: false, Refuses: false),
        new("ILineageSource.IsVisibleAsync", PathTarget.Everything, EnvironmentPermission.Read, FeatureVisibility.Metadata, async (w, _) => await MatrixWorld.VisibleNodesAsync(w), ShowsName: false, Refuses: false),
    ];

    /// <summary>Whether a contract is a property of the store.</summary>
    public static bool IsFacet(Type contract) => typeof(IFeatureStore).GetProperties().Any(facet => facet.PropertyType == contract);

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

    // None of the matrix's views declares a source: that is said after the caller was let through, and not before.
    private static async Task<object?> RefreshAsync(GovernedStore world, PathTargetName target)
    {
        try
        {
            return await world.Store.Sources.RefreshAsync(target.View);
        }
        catch (InvalidDefinitionException error)
        {
            return error.Message;
        }
    }

    private static async Task<object?> StartAsync(GovernedStore world, PathTargetName target)
    {
        await using var run = await world.Store.Streams.StartAsync(JobOf(target));
        await run.Completion;
        return await run.GetStatusAsync();
    }

    private static StreamJob JobOf(PathTargetName target) => new() { Name = "job", View = target.View, Source = new ListSource([]) };

    private static async Task<object?> ReadTypedAsync(GovernedStore world, PathTargetName target)
    {
        var binding = new FeatureRowBindingBuilder<float>().Feature($"{target.View}_{target.Feature}", value => value).Build(values => values[0].ToSingle());
        var reader = world.Store.GetReader(target.Service, binding);
        return (object)new object?[]
        {
            await reader.GetAsync(new FeatureRequest("k") { AsOf = MatrixWorld.Later }), await reader.GetManyAsync(["k"], MatrixWorld.Later),
        };
    }

    private static async Task<object?> ListAsync(IAsyncEnumerable<DataFrame> frames)
    {
        var list = new List<DataFrame>();
        await foreach (var frame in frames)
            list.Add(frame);
        return list;
    }

    private static async Task<object?> ReadManyAsync(IFeatureVectorSource source)
    {
        var values = new float[2 * source.FeatureNames.Count];
        await source.ReadManyAsync(new[] { "k", "k" }, MatrixWorld.Later, values);
        return values;
    }

    private static async Task<object?> ReadWithAgesAsync(IFeatureVectorSource source)
    {
        var values = new float[source.FeatureNames.Count];
        await source.ReadWithAgesAsync(new[] { "k" }, default, MatrixWorld.Later, values, new long[values.Length]);
        return values;
    }

    private static async Task<object?> ReadAsync(IFeatureVectorSource source)
    {
        var values = new float[source.FeatureNames.Count];
        await source.ReadAsync(new[] { "k" }, MatrixWorld.Later, values);
        return (object)new object[] { source.FeatureNames, values };
    }
}
