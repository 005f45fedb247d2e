namespace MlOps.Features;

internal sealed partial class SkewAudit
{
    private const int SpineRows = 65_536;
    private const int LagSteps = 8;

    /// <inheritdoc />
    public async ValueTask<SkewAuditReport> AuditAsync(
        string service, Timestamp from, Timestamp to, SkewComparison? comparison = null, CancellationToken cancellationToken = default)
    {
        _store.Context.Access.Require(EnvironmentPermission.ReadFeatures, $"feature service '{service}'");
        var bound = _store.Bound(service);
        comparison ??= _options.Comparison;
        await _store.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        Flush();
        var damaged = new List<string>();
        var (vectors, thinned, unusable) = Load(bound, from.Microseconds, to.Microseconds, damaged, cancellationToken);
        var histories = new Dictionary<string, ISkewHistory>(StringComparer.Ordinal);
        try
        {
            // Opened before the training frames are joined: what they hold beyond this is pending at worst.
            foreach (var view in bound.Views.Select(part => part.View).DistinctBy(view => view.Name))
                histories.Add(view.Name, await _store.OpenHistoryAsync(view, cancellationToken).ConfigureAwait(false));
            var now = Timestamp.From(_store.Context.Clock.GetUtcNow());
            var table = new SkewTable(bound, vectors, histories, comparison, now);
            await RecomputeAsync(table, cancellationToken).ConfigureAwait(false);
            table.Compare();
            Forgive(table, comparison, cancellationToken);
            var findings = table.HasDifferences ? new CauseFinder(table, await DriftOfAsync(table, cancellationToken).ConfigureAwait(false), cancellationToken).Find() : new Dictionary<int, SkewFinding>();
            var report = new SkewAuditReport
            {
                Service = bound.Id,
                From = from,
                To = to,
                AuditedAt = now,
                Vectors = vectors.Count,
                Thinned = thinned,
                Unusable = unusable,
                DamagedFiles = damaged,
                Definitions = vectors.GroupBy(vector => vector.Schema.Id, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal),
                MomentAheadOfClock = vectors.Count == 0 ? default : new Timestamp(Median(vectors.Select(vector => vector.AsOf - vector.ServedAt))) - new Timestamp(0),
                Features = table.Summarise(findings),
            };
            lock (_gate)
                _reports[service] = report;
            return report;
        }
        finally
        {
            foreach (var history in histories.Values)
                history.Dispose();
        }
    }

    private static long Median(IEnumerable<long> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private (List<ServedVector> Vectors, int Thinned, int Unusable) Load(BoundService bound, long from, long to, List<string> damaged, CancellationToken cancellationToken)
    {
        var vectors = new List<ServedVector>();
        int thinned = 0, unusable = 0, bits = 0;
        foreach (var vector in _log.Read(bound.Service.Name, damaged))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (vector.AsOf < from || vector.AsOf >= to)
                continue;
            if (bound.KeyNames.Any(name => !vector.Schema.Keys.Contains(name, StringComparer.Ordinal)))
            {
                unusable++;
                continue;
            }

            if (!IsKept(vector, bits))
            {
                thinned++;
                continue;
            }

            vectors.Add(vector);
            while (vectors.Count > _options.VectorsPerAudit && bits < 40)
            {
                bits++;
                thinned += vectors.RemoveAll(kept => !IsKept(kept, bits));
            }
        }

        vectors.Sort((x, y) => x.AsOf != y.AsOf ? x.AsOf.CompareTo(y.AsOf) : x.ServedAt.CompareTo(y.ServedAt));
        return (vectors, thinned, unusable);
    }

    // Other bits than those that chose the key for the log, so that the rest is halved with each.
    private static bool IsKept(ServedVector vector, int bits) => (KeyHash.Of(vector.Keys) & ((1UL << bits) - 1)) == 0;

    private async ValueTask RecomputeAsync(SkewTable table, CancellationToken cancellationToken)
    {
        var bound = table.Bound;
        var time = "as_of";
        while (bound.KeyNames.Contains(time, StringComparer.Ordinal) || bound.FeatureNames.Contains(time, StringComparer.Ordinal))
            time += "_";
        for (var start = 0; start < table.Rows; start += SpineRows)
        {
            var count = Math.Min(SpineRows, table.Rows - start);
            var spine = new DataFrame(
                [.. bound.KeyNames.Select((name, k) => (DataColumn)DataColumn.Create(name, table.Keys[k].AsSpan(start, count).ToArray())),
                 DataColumn.Create(time, table.Times.AsSpan(start, count).ToArray().Select(moment => new Timestamp(moment)).ToArray())]);
            var frame = await _store.GetTrainingFrameAsync(spine, time, bound.Service.Name, cancellationToken: cancellationToken).ConfigureAwait(false);
            for (var f = 0; f < bound.FeatureNames.Count; f++)
                CopyFloats(frame[bound.FeatureNames[f]], table.Expected[f].AsSpan(start, count));
        }
    }

    /// <summary>A column as a vector of floats shows it: what is no number is missing.</summary>
    internal static void CopyFloats(DataColumn column, Span<float> floats)
    {
        if (column is DataColumn<float> same)
        {
            same.Span.CopyTo(floats);
            return;
        }

        if (column.Type is DataType.String or DataType.Timestamp)
        {
            floats.Fill(float.NaN);
            return;
        }

        var numbers = column.AsDoubles();
        for (var i = 0; i < numbers.Length; i++)
            floats[i] = double.IsNaN(numbers[i]) ? float.NaN : (float)numbers[i];
    }

    // What was right for a knowledge at most so old is the lag that was allowed.
    private static void Forgive(SkewTable table, SkewComparison comparison, CancellationToken cancellationToken)
    {
        if (comparison.AllowedLag <= TimeSpan.Zero)
            return;
        foreach (var part in table.Parts)
        {
            var rows = table.DifferentRows(part.Features);
            for (var step = 1; step <= LagSteps && rows.Length > 0; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var replayed = part.Replay(rows, comparison.AllowedLag.Ticks / 10 * step / LagSteps);
                foreach (var f in part.Features)
                    table.Forgive(f, rows, replayed[part.NumberOf(f)]);
                rows = table.DifferentRows(part.Features);
            }
        }
    }

    // What the definitions of the vectors say that the present ones do not.
    private async ValueTask<string?> DriftOfAsync(SkewTable table, CancellationToken cancellationToken)
    {
        var others = table.Vectors.Select(vector => vector.Schema.Id).Where(id => id != table.Bound.Id).Distinct(StringComparer.Ordinal).ToArray();
        if (others.Length == 0)
            return null;
        var area = new MetadataArea(_store.Context.Metadata, FeatureSchema.Instance);
        var texts = new List<string>();
        foreach (var id in others)
        {
            var stored = await area.ReadAsync(
                async (session, _) => await DefinitionOfAsync(session, id).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            texts.Add(stored is null ? $"vectors were served by {id}, which the catalogue does not know"
                : $"vectors were served by {id}: {DefinitionText.Difference(stored, await CurrentAsync().ConfigureAwait(false))}");
        }

        return string.Join("; ", texts);

        async ValueTask<string> CurrentAsync() => await area.ReadAsync(
            async (session, _) => await DefinitionOfAsync(session, table.Bound.Id).ConfigureAwait(false), cancellationToken).ConfigureAwait(false) ?? table.Bound.Definition;
    }

    // The definition of a service with those of its views in place of their hashes.
    private static async ValueTask<string?> DefinitionOfAsync(IMetadataSession session, string id)
    {
        var at = id.LastIndexOf('@');
        var definition = await session.FirstOrDefaultAsync(
            "SELECT definition FROM features_services WHERE name = @name AND hash = @hash", row => row.GetString(0),
            ("name", id[..at]), ("hash", id[(at + 1)..])).ConfigureAwait(false);
        if (definition is null)
            return null;
        var lines = new List<string>();
        foreach (var line in definition.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ') is not ["use", var view, "as", var alias, "definition", var hash])
            {
                lines.Add(line);
                continue;
            }

            var text = await session.FirstOrDefaultAsync(
                "SELECT definition FROM features_views WHERE name = @name AND hash = @hash", row => row.GetString(0), ("name", view), ("hash", hash)).ConfigureAwait(false);
            lines.AddRange((text ?? line).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(part => $"{alias}: {part}"));
        }

        return string.Join('\n', lines);
    }
}
