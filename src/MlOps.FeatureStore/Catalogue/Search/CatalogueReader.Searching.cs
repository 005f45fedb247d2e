namespace MlOps.Features;

internal sealed partial class CatalogueReader
{
    private const int MostHits = 1_000;

    public async ValueTask<FeaturePage> SearchAsync(FeatureQuery query, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync("the feature catalogue", cancellationToken).ConfigureAwait(false);
        ArgumentNullException.ThrowIfNull(query);
        if (query.Take is < 1 or > MostHits || query.Skip < 0)
            throw new InvalidInputException($"Skip is {query.Skip} and Take is {query.Take}: use 0 or more, and 1 to {MostHits}.");
        HashSet<string>? stale = null;
        if (query.Stale is not null)
        {
            var views = snapshot.All.Where(entry => entry is { Kind: CatalogueKind.View, View.Notes.Freshness: not null }).Select(entry => entry.View!).ToArray();
            var fresh = await DetailsAsync(views, cancellationToken).ConfigureAwait(false);
            stale = fresh.Where(pair => pair.Value.IsStale).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        }

        var (page, total) = Find(snapshot, sight, query, stale);
        var details = await DetailsAsync([.. page.Where(entry => entry.View is not null).Select(entry => entry.View!).Distinct()], cancellationToken).ConfigureAwait(false);
        var hits = new List<FeatureHit>(page.Count);
        foreach (var entry in page)
        {
            var seen = SightOf(sight, entry);
            hits.Add(new FeatureHit
            {
                Kind = entry.Kind,
                Name = entry.Name,
                View = entry.Kind == CatalogueKind.Feature ? entry.View!.Name : null,
                Version = entry.View?.Version ?? entry.Service?.Notes.Version ?? 0,
                Id = entry.Service?.Id,
                Entity = entry.Entity,
                Owner = entry.Owner,
                Description = entry.Description,
                Tags = entry.Tags,
                Type = entry.Feature?.Type,
                Sensitivity = entry.Feature?.Sensitivity ?? entry.View?.Notes.Sensitivity,
                Deprecation = entry.Deprecation,
                UsedBy = entry.UsedBy,
                Visibility = seen,
                Freshness = entry.View is { } view ? details[view.Id] : null,
                Statistics = entry.Feature is null
                    ? null
                    : (await ReadStatisticsAsync(entry.View!.Id, entry.Name, 1, MayReadValues(seen), cancellationToken).ConfigureAwait(false)).FirstOrDefault(),
            });
        }

        return new FeaturePage(hits, total);
    }

    // Keeps the best Skip + Take of what matches in a heap, so that a search that finds everything does not sort everything.
    private static (List<CatalogueEntry> Page, int Total) Find(CatalogueSnapshot snapshot, CallerSight sight, FeatureQuery query, HashSet<string>? stale)
    {
        var words = (query.Text ?? "").ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var kinds = query.Kinds.Count == 0 ? -1 : query.Kinds.Aggregate(0, (mask, kind) => mask | (1 << (int)kind));
        var wanted = (int)Math.Min((long)query.Skip + query.Take, snapshot.All.Length);
        var best = new PriorityQueue<CatalogueEntry, (int Score, int Rank)>(Comparer<(int Score, int Rank)>.Create(
            static (x, y) => x.Score != y.Score ? x.Score.CompareTo(y.Score) : y.Rank.CompareTo(x.Rank)));
        var unscored = new List<CatalogueEntry>();
        var (total, worst) = (0, -1);
        foreach (var entry in snapshot.All)
        {
            if ((kinds & (1 << (int)entry.Kind)) == 0 || (!entry.IsNewest && !query.AllVersions) || !Matches(entry, query, stale))
                continue;
            var score = Score(entry, words);
            if (score < 0 || SightOf(sight, entry) == FeatureVisibility.None)
                continue;
            total++;
            if (words.Length == 0)
            {
                // All score alike, and they come in the order of their rank.
                if (total > query.Skip && total <= wanted)
                    unscored.Add(entry);
            }
            else if (best.Count < wanted || score > worst)
            {
                // Of equal scores the earlier ones stay, since entries come in the order of their rank.
                if (best.Count < wanted)
                    best.Enqueue(entry, (score, entry.Rank));
                else
                    best.EnqueueDequeue(entry, (score, entry.Rank));
                worst = best.Count < wanted || !best.TryPeek(out _, out var last) ? -1 : last.Score;
            }
        }

        if (words.Length == 0)
            return (unscored, total);
        var page = new List<CatalogueEntry>(best.Count);
        while (best.TryDequeue(out var entry, out _))
            page.Add(entry);
        page.Reverse();
        return (page.Count <= query.Skip ? [] : page.GetRange(query.Skip, page.Count - query.Skip), total);
    }

    private static bool Matches(CatalogueEntry entry, FeatureQuery query, HashSet<string>? stale)
    {
        if (query.Name is { } name && !entry.Name.Contains(name, StringComparison.OrdinalIgnoreCase))
            return false;
        if (query.View is { } view && !string.Equals(entry.View?.Name, view, StringComparison.OrdinalIgnoreCase))
            return false;
        if (query.Entity is { } entity && !string.Equals(entry.Entity, entity, StringComparison.OrdinalIgnoreCase))
            return false;
        if (query.Owner is { } owner && !string.Equals(entry.Owner, owner, StringComparison.OrdinalIgnoreCase))
            return false;
        if (query.Type is { } type && entry.Feature?.Type != type)
            return false;
        if (query.Sensitivity is { } sensitivity && (entry.Feature?.Sensitivity ?? entry.View?.Notes.Sensitivity) != sensitivity)
            return false;
        if (query.Deprecated is { } deprecated && entry.Deprecation is not null != deprecated)
            return false;
        if (query.Stale is { } isStale && (entry.View is null || stale!.Contains(entry.View.Id) != isStale))
            return false;
        foreach (var tag in query.Tags)
        {
            if (!entry.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase))
                return false;
        }

        return true;
    }

    // The sum over the words, by where each stands first, a name counting most; -1 when a word stands nowhere.
    private static int Score(CatalogueEntry entry, string[] words)
    {
        var score = 0;
        foreach (var word in words)
        {
            var at = entry.Haystack.IndexOf(word, StringComparison.Ordinal);
            if (at < 0)
                return -1;
            score += at == 0 ? (entry.Name.Length == word.Length ? 1000 : 500)
                : at < entry.Name.Length ? (entry.Name[at - 1] is '_' or '-' ? 400 : 300)
                : at < entry.Ends.View ? 200
                : at < entry.Ends.Tags ? 100
                : at < entry.Ends.Owner ? 50
                : 10;
        }

        return score;
    }

    private static FeatureVisibility SightOf(CallerSight sight, CatalogueEntry entry) => sight.IsOpen ? FeatureVisibility.Values : entry.Kind switch
    {
        CatalogueKind.Feature => entry.Rule.For(sight),
        CatalogueKind.View => entry.View!.For(sight),
        CatalogueKind.Service => entry.Service!.For(sight),
        _ => entry.Views.Max(view => view.For(sight)),
    };
}
