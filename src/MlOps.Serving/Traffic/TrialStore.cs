namespace MlOps.Serving;

/// <summary>What all processes together know of the variants of an endpoint: counts per revision, rewards per experiment.</summary>
internal sealed class TrialStore(EnvironmentContext context)
{
    private readonly MetadataArea _area = new(context.Metadata, ServingSchema.Schema);

    public async ValueTask AddCountsAsync(TrafficRow row, VariantTotals[] totals, CancellationToken cancellationToken) =>
        await _area.WriteAsync(
            async (session, _) =>
            {
                for (var i = 0; i < totals.Length; i++)
                {
                    if (totals[i] == default)
                        continue;
                    await session.ExecuteAsync(
                        "INSERT INTO serving_variant_counts (endpoint, revision, variant, answers, failures, ticks) VALUES (@endpoint, @revision, @variant, @answers, @failures, @ticks) " +
                        "ON CONFLICT (endpoint, revision, variant) DO UPDATE SET answers = serving_variant_counts.answers + excluded.answers, " +
                        "failures = serving_variant_counts.failures + excluded.failures, ticks = serving_variant_counts.ticks + excluded.ticks",
                        ("endpoint", row.Endpoint), ("revision", row.Revision), ("variant", row.Document.Shares[i].Variant),
                        ("answers", totals[i].Answers), ("failures", totals[i].Failures), ("ticks", totals[i].Ticks)).ConfigureAwait(false);
                }

                return 0;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask<Dictionary<string, VariantTotals>> CountsAsync(string endpoint, long revision, CancellationToken cancellationToken) =>
        _area.ReadAsync(
            async (session, _) => (await session.QueryAsync(
                "SELECT variant, answers, failures, ticks FROM serving_variant_counts WHERE endpoint = @endpoint AND revision = @revision",
                row => (Variant: row.GetString(0), Totals: new VariantTotals(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3))),
                ("endpoint", endpoint), ("revision", revision)).ConfigureAwait(false)).ToDictionary(row => row.Variant, row => row.Totals, StringComparer.Ordinal),
            cancellationToken);

    public ValueTask<Dictionary<string, ArmStatistics>> ArmsAsync(string endpoint, string experiment, CancellationToken cancellationToken) =>
        _area.ReadAsync((session, _) => ArmsAsync(session, endpoint, experiment), cancellationToken);

    /// <summary>Adds rewards and reads the sums of all processes.</summary>
    public ValueTask<Dictionary<string, ArmStatistics>> RewardAsync(
        string endpoint, string experiment, IReadOnlyDictionary<string, ArmStatistics> rewards, CancellationToken cancellationToken) =>
        _area.WriteAsync(
            async (session, _) =>
            {
                foreach (var (version, added) in rewards)
                {
                    // Adding nothing takes the row's lock, where the database has any, before it is read.
                    await session.ExecuteAsync(
                        "INSERT INTO serving_arms (endpoint, experiment, version, rewards, mean, squares) VALUES (@endpoint, @experiment, @version, 0, 0, 0) " +
                        "ON CONFLICT (endpoint, experiment, version) DO UPDATE SET rewards = serving_arms.rewards + 0",
                        ("endpoint", endpoint), ("experiment", experiment), ("version", version)).ConfigureAwait(false);
                    var now = (await ArmsAsync(session, endpoint, experiment).ConfigureAwait(false))[version].Merge(added);
                    await session.ExecuteAsync(
                        "UPDATE serving_arms SET rewards = @rewards, mean = @mean, squares = @squares WHERE endpoint = @endpoint AND experiment = @experiment AND version = @version",
                        ("rewards", now.Count), ("mean", now.Mean), ("squares", now.Squares),
                        ("endpoint", endpoint), ("experiment", experiment), ("version", version)).ConfigureAwait(false);
                }

                return await ArmsAsync(session, endpoint, experiment).ConfigureAwait(false);
            },
            cancellationToken);

    private static async ValueTask<Dictionary<string, ArmStatistics>> ArmsAsync(IMetadataSession session, string endpoint, string experiment) =>
        (await session.QueryAsync(
            "SELECT version, rewards, mean, squares FROM serving_arms WHERE endpoint = @endpoint AND experiment = @experiment",
            row => (Version: row.GetString(0), Arm: new ArmStatistics(row.GetInt64(1), row.GetDouble(2), row.GetDouble(3))),
            ("endpoint", endpoint), ("experiment", experiment)).ConfigureAwait(false)).ToDictionary(row => row.Version, row => row.Arm, StringComparer.Ordinal);
}
