namespace MlOps.Features.Tests;

/// <summary>
/// Views that are shared in every way, with features that override it in every way. Every feature has a name and a value that stand nowhere else,
/// so that they can be looked for in any answer.
/// </summary>
internal static class MatrixWorld
{
    private static readonly FeatureShare[][] ViewSharing =
    [
        [],
        [new(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Values)],
        [new(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Metadata), new(FeatureAudience.Role(EnvironmentRole.Operator), FeatureVisibility.Values)],
        [new(FeatureAudience.Group("risk"), FeatureVisibility.Values)],
        [new(FeatureAudience.User("bob"), FeatureVisibility.Metadata), new(FeatureAudience.Role(EnvironmentRole.Approver), FeatureVisibility.Metadata)],
        [new(FeatureAudience.Everyone, FeatureVisibility.Metadata), new(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Values)],
    ];

    // Null: the view's settings hold.
    private static readonly FeatureShare[]?[] FeatureSharing =
    [
        null,
        [],
        [new(FeatureAudience.Everyone, FeatureVisibility.Values)],
        [new(FeatureAudience.Everyone, FeatureVisibility.Metadata)],
        [new(FeatureAudience.Role(EnvironmentRole.Operator), FeatureVisibility.Metadata), new(FeatureAudience.Group("risk"), FeatureVisibility.Metadata)],
        [new(FeatureAudience.Role(EnvironmentRole.Developer), FeatureVisibility.Values), new(FeatureAudience.User("bob"), FeatureVisibility.None)],
    ];

    public static readonly Timestamp Start = Timestamp.Utc(2000, 1, 1);
    public static readonly Timestamp Later = Start + TimeSpan.FromDays(1);

    /// <summary>Sources that the owner opened, by service.</summary>
    public static Dictionary<string, IFeatureVectorSource> Opened { get; } = new(StringComparer.Ordinal);

    public static DataFrame Spine => new(DataColumn.Create("key", new[] { "k" }), DataColumn.Create("at", new[] { Later }));

    public static (string? Name, string[] Groups)[] Callers { get; } =
    [
        ("nobody", []), ("nobody", ["risk"]), ("viewer", []), ("developer", []), ("approver", []), ("operator", []), ("admin", []), ("bob", []), ("member", ["risk"]),
        ("olga", []), ("owning viewer", ["owners"]), ("all but admin", []), (null, []),
    ];

    public static IEnumerable<(int View, int Feature)> Features => Enumerable.Range(0, ViewSharing.Length).SelectMany(v => Enumerable.Range(0, FeatureSharing.Length).Select(f => (v, f)));

    public static string ViewName(int view) => $"qvq{view}";

    public static string FeatureName(int view, int feature) => $"qfq{view}x{feature}";

    public static string ServiceName(int view, int feature) => $"qsq{view}x{feature}";

    public static float Value(int view, int feature) => 730_000 + (view * 100) + feature;

    public static PathTargetName Target(int view, int feature) => new(ViewName(view), FeatureName(view, feature), ServiceName(view, feature));

    public static FeatureView[] Views() =>
    [
        .. Enumerable.Range(0, ViewSharing.Length).Select(v =>
        {
            var view = FeatureView.Define(ViewName(v)).Key("key").EventTime("at").Entity(new Entity($"qeq{v}", ["key"])).Owner(v % 2 == 0 ? "olga" : "group:owners").Tag($"qtq{v}");
            foreach (var share in ViewSharing[v])
                view.Share(share.Audience, share.Visibility);
            for (var f = 0; f < FeatureSharing.Length; f++)
            {
                var own = FeatureSharing[f];
                view.LastValue(FeatureName(v, f)).Feature(FeatureName(v, f), notes =>
                {
                    notes.Describe($"about {FeatureName(v, f)}");
                    if (own is null)
                        return;
                    notes.Close();
                    foreach (var share in own)
                        notes.Share(share.Audience, share.Visibility);
                });
            }

            // Nothing but what is meant for the quarantine is so large.
            return view.Check(DataChecks.Define().Column(FeatureName(v, 0), column => column.AtMost(900_000))).Build();
        }),
    ];

    public static FeatureService[] Services() =>
    [
        .. Features.Select(pair => FeatureService.Define(ServiceName(pair.View, pair.Feature)).View(ViewName(pair.View), [FeatureName(pair.View, pair.Feature)]).Build()),
        .. Enumerable.Range(0, ViewSharing.Length).Select(v => FeatureService.Define($"qsq{v}all").View(ViewName(v)).Build()),
    ];

    public static DataFrame Rows(string view)
    {
        var v = view.Length == 4 ? view[3] - '0' : 0;
        return new DataFrame(
        [
            DataColumn.Create("key", new[] { "k", "k" }), DataColumn.Create("at", new[] { Start, Start + TimeSpan.FromHours(1) }),
            .. Enumerable.Range(0, FeatureSharing.Length).Select(f => DataColumn.Create(FeatureName(v, f), new[] { Value(v, f), Value(v, f) })),
        ]);
    }

    public static async Task<GovernedStore> OpenAsync()
    {
        var world = new GovernedStore(Views(), Services(), lineage: [new EveryService()]);
        foreach (var view in Enumerable.Range(0, ViewSharing.Length).Select(ViewName))
        {
            await world.Store.IngestAsync(view, Rows(view), "first");
            await world.Store.Catalogue.ComputeStatisticsAsync(view);
        }

        foreach (var (v, f) in Features)
            await world.Store.MaterializeAsync(ServiceName(v, f), Later);
        Opened.Clear();
        Saved.Clear();
        foreach (var (v, f) in Features)
        {
            using var _ = world.As("olga", "owners");
            Opened.Add(ServiceName(v, f), await world.Store.GetVectorSourceAsync(ServiceName(v, f)));
        }

        return world;
    }

    private static int _held;

    /// <summary>Calls with the id of a batch in quarantine, put there by the process; messages name the view in its place.</summary>
    public static async Task<object?> WithBatchAsync(GovernedStore world, string view, Func<string, Task<object?>> call)
    {
        var id = "0";
        if (view != "qvq9")
        {
            using var _ = world.Caller.ActForProcess();
            var rows = Rows(view);
            var bad = rows.With(DataColumn.Create("at", new[] { Start - TimeSpan.FromDays(9), Start - TimeSpan.FromDays(8) })).With(DataColumn.Create(FeatureName(view[3] - '0', 0), new[] { 999_999f, 999_998f }));
            try
            {
                await world.Store.IngestAsync(view, bad, $"bad {Interlocked.Increment(ref _held)}");
            }
            catch (DataCheckException refused)
            {
                id = refused.QuarantineId!;
            }
        }

        return await InPlaceOfAsync(id, view, call);
    }

    /// <summary>Calls with the digest of a frame of a service, saved by the process; messages name the service in its place.</summary>
    public static async Task<object?> WithFrameAsync(GovernedStore world, string service, Func<string, Task<object?>> call)
    {
        using (world.Caller.ActForProcess())
        {
            if (service != "qsq9x9" && (await world.Store.Frames.ListAsync(null, service)).All(frame => frame.Name != "frame of " + service))
                Saved[service] = (await world.Store.Frames.CreateAsync("frame of " + service, Spine, "at", service)).Digest;
        }

        return await InPlaceOfAsync(Saved.GetValueOrDefault(service) ?? "sha256:" + new string('0', 64), service, call);
    }

    public static async Task<object?> ListFramesAsync(GovernedStore world)
    {
        foreach (var (v, f) in Features)
            await WithFrameAsync(world, ServiceName(v, f), _ => Task.FromResult<object?>(null));
        return await world.Store.Frames.ListAsync();
    }

    /// <summary>Digests of frames, by service.</summary>
    public static Dictionary<string, string> Saved { get; } = new(StringComparer.Ordinal);

    private static async Task<object?> InPlaceOfAsync(string id, string name, Func<string, Task<object?>> call)
    {
        try
        {
            return await call(id);
        }
        catch (NotFoundException error)
        {
            throw new NotFoundException(error.Message.Replace(id, name, StringComparison.Ordinal));
        }
        catch (AccessDeniedException error)
        {
            throw new AccessDeniedException(error.Message.Replace(id, name, StringComparison.Ordinal));
        }
    }

    /// <summary>The rules once more, written from the documentation: admin and owner all; else the most specific kind that matches, and its widest share.</summary>
    public static FeatureVisibility Expected(string? caller, string[] groups, int view, int feature)
    {
        if (caller is null or "admin" || (view % 2 == 0 ? caller == "olga" : groups.Contains("owners")))
            return FeatureVisibility.Values;
        EnvironmentRole[] roles = caller switch
        {
            "viewer" or "owning viewer" => [EnvironmentRole.Viewer],
            "developer" or "bob" or "member" => [EnvironmentRole.Developer],
            "approver" => [EnvironmentRole.Approver],
            "operator" => [EnvironmentRole.Operator],
            "olga" => [EnvironmentRole.Developer, EnvironmentRole.Operator],
            "all but admin" => [EnvironmentRole.Viewer, EnvironmentRole.Developer, EnvironmentRole.Approver, EnvironmentRole.Operator],
            _ => [],
        };
        var shares = FeatureSharing[feature] ?? ViewSharing[view];
        Func<FeatureShare, bool>[] kinds =
        [
            share => share.Audience.ToString() == "user:" + caller,
            share => groups.Any(group => share.Audience.ToString() == "group:" + group),
            share => roles.Any(role => share.Audience.ToString() == "role:" + role),
            share => share.Audience.ToString() == "everyone",
        ];
        foreach (var kind in kinds)
        {
            if (shares.Where(kind).ToArray() is { Length: > 0 } matching)
                return matching.Max(share => share.Visibility);
        }

        return FeatureVisibility.None;
    }

    public static bool Has(string? caller, EnvironmentPermission permission) => caller switch
    {
        null or "admin" => true,
        "nobody" => false,
        "viewer" or "owning viewer" or "approver" => permission == EnvironmentPermission.Read,
        "operator" => permission is EnvironmentPermission.Read or EnvironmentPermission.ManageFeatures or EnvironmentPermission.Operate or EnvironmentPermission.Delete,
        "olga" or "all but admin" => true,
        _ => permission is EnvironmentPermission.Read or EnvironmentPermission.ReadFeatures or EnvironmentPermission.WriteFeatures,
    };

    public static async Task<object?> EdgesAsync(GovernedStore world)
    {
        var edges = new List<LineageEdge>();
        foreach (var node in Nodes(world))
        {
            edges.AddRange(await world.Lineage.GetEdgesAsync(node, LineageDirection.Upstream, 1000));
            edges.AddRange(await world.Lineage.GetEdgesAsync(node, LineageDirection.Downstream, 1000));
        }

        return edges;
    }

    public static async Task<object?> VisibleNodesAsync(GovernedStore world)
    {
        var visible = new List<LineageNode>();
        foreach (var node in Nodes(world))
        {
            if (await world.Lineage.IsVisibleAsync(node))
                visible.Add(node);
        }

        return visible;
    }

    private static LineageNode[] Nodes(GovernedStore world)
    {
        using var _ = world.Caller.ActForProcess();
        return
        [
            .. Enumerable.Range(0, ViewSharing.Length).Select(v => new LineageNode(LineageNodeKind.FeatureView, ViewName(v) + ".v1")),
            .. Enumerable.Range(0, ViewSharing.Length).Select(v => new LineageNode(LineageNodeKind.Batch, ViewName(v) + ".v1/first")),
            .. Services().Select(service => new LineageNode(LineageNodeKind.FeatureService, world.Store.IdOf(service.Name))),
            .. Saved.Values.Select(LineageNode.Data),
        ];
    }

    /// <summary>A model that uses every service.</summary>
    private sealed class EveryService : ILineageSource
    {
        public ValueTask<IReadOnlyList<LineageEdge>> GetEdgesAsync(LineageNode node, LineageDirection direction, int limit, CancellationToken cancellationToken = default)
        {
            var views = Views().ToDictionary(view => view.Name, StringComparer.Ordinal);
            return node.Kind == LineageNodeKind.ModelVersion && direction == LineageDirection.Upstream
                ? new([.. Services().Select(service => new LineageEdge(new LineageNode(LineageNodeKind.FeatureService, new BoundService(service, views).Id), node, LineageEdgeKind.Featurized))])
                : new([]);
        }
    }
}
