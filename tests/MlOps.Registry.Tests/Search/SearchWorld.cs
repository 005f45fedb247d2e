namespace MlOps.Registry.Tests;

/// <summary>Runs made up at random, in memory and in a store: few different values, so that ties, missing keys and NaN are everywhere.</summary>
internal sealed class SearchWorld
{
    public static readonly string[] Texts = ["ads", "Ads", "ADS", "search", "a_b", "a%b", "*", "?", "[a]", "it's", "", "Zoë", "x\\y", "0.1", "%", "long text of a label"];
    public static readonly string[] Metrics = ["auc", "loss", "val loss", "a/b-c"];
    public static readonly string[] Keys = ["owner", "lr", "my key", "a.b.c", "x/y-z"];
    private static readonly double[] Values = [0, 0.5, 0.5, 0.8, 0.9, -1, 1e300, double.PositiveInfinity, double.NegativeInfinity, double.NaN, -0.25, 3];

    public SearchWorld(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
            Runs.Add(NewRun(random, $"{random.NextInt64():x16}{random.NextInt64():x16}"));
    }

    public List<Run> Runs { get; } = [];

    public static Run NewRun(Random random, string id) => new(
        id, "experiment" + random.Next(3), Pick(random, Texts), Pick(random, ["Completed", "Failed", "Cancelled"]),
        1_000_000_000_000_000 + (random.Next(12) * 3_600_000_000L), random.Next(3) == 0 ? null : 1_000_000_000_000_000 + (random.Next(1, 40) * 1_800_000_000L),
        random.Next(3) == 0 ? "parent" + random.Next(3) : null, "user" + random.Next(3),
        Some(random, Metrics, () => Pick(random, Values)), Some(random, Keys, () => Pick(random, Texts)), Some(random, Keys, () => Pick(random, Texts)),
        [.. Enumerable.Range(0, random.Next(3)).Select(i => new RunInput("data" + i, "digest" + random.Next(3), Pick(random, ["training", "test"])))]);

    public async Task InsertAsync(EnvironmentContext context) => await InsertAsync(context, Runs);

    public static async Task InsertAsync(EnvironmentContext context, IReadOnlyList<Run> runs)
    {
        await context.Metadata.MigrateAsync(ExperimentsSchema.Current);
        await context.Metadata.WriteAsync(async (session, _) =>
        {
            foreach (var run in runs)
            {
                await session.ExecuteAsync(
                    "INSERT INTO experiments_runs (id, experiment, name, status, owner, parent_id, started_at, ended_at, heartbeat_at, created_by) " +
                    "VALUES (@id, @experiment, @name, @status, '', @parent, @start, @end, 0, @user)",
                    ("id", run.Id), ("experiment", run.Experiment), ("name", run.Name), ("status", run.Status), ("parent", run.Parent), ("start", run.Start), ("end", run.End), ("user", run.User));
                foreach (var (name, value) in run.Metrics)
                {
                    await session.ExecuteAsync(
                        "INSERT INTO experiments_series (run_id, name, points, last_step, last_at, last_value) VALUES (@id, @name, 1, 0, 0, @value)",
                        ("id", run.Id), ("name", name), ("value", double.IsNaN(value) ? null : value));
                }

                foreach (var (name, value) in run.Parameters)
                    await session.ExecuteAsync("INSERT INTO experiments_parameters (run_id, name, value) VALUES (@id, @name, @value)", ("id", run.Id), ("name", name), ("value", value));
                foreach (var (name, value) in run.Tags)
                    await session.ExecuteAsync("INSERT INTO experiments_tags (run_id, name, value) VALUES (@id, @name, @value)", ("id", run.Id), ("name", name), ("value", value));
                foreach (var input in run.Inputs)
                {
                    await session.ExecuteAsync(
                        "INSERT INTO experiments_inputs (run_id, name, role, digest) VALUES (@id, @name, @role, @digest)",
                        ("id", run.Id), ("name", input.Name), ("role", input.Role), ("digest", input.Digest));
                }
            }

            return 0;
        });
    }

    public static T Pick<T>(Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    private static Dictionary<string, T> Some<T>(Random random, string[] names, Func<T> value) =>
        names.Where(_ => random.Next(3) > 0).ToDictionary(name => name, _ => value());

    public sealed record Run(
        string Id, string Experiment, string Name, string Status, long Start, long? End, string? Parent, string User,
        Dictionary<string, double> Metrics, Dictionary<string, string> Parameters, Dictionary<string, string> Tags, RunInput[] Inputs);
}
