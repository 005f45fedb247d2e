namespace MlOps.Serving.Tests.Scoring;

public sealed class BatchScoringTests
{
    [Fact]
    public async Task RunAsync_FramesWithBadRows_StoresTheGoodOnesAndNamesTheFirstBad()
    {
        await using var fixture = new ServingFixture();
        var version = await fixture.RegisterScaleAsync(2);
        await fixture.Deployer.DeployAsync(version, 1, "first");
        var frame = Frame(0, 1000);
        frame = frame.With(DataColumn.Create("a", frame.Column<double>("a").Span.ToArray().Select((value, i) => i == 500 ? double.NaN : value).ToArray()));
        var result = await fixture.Scoring.RunAsync(Job("r1") with { CommitRows = 300 }, frame);

        result.Should().BeEquivalentTo(new { Version = version, Rows = 1000, Failed = 1, Resumed = 0, FirstError = "Feature 'a' of row 201 is missing, NaN or infinite." });
        var found = await fixture.Scoring.FindAsync("routes", "r7|7");
        found!.Scores.Should().Equal(14, 2);
        (found.Source, found.Version).Should().Be((PredictionSource.Stored, version));
        (await fixture.Scoring.FindAsync("routes", "r500|500")).Should().BeNull();
        (await fixture.Scoring.RunAsync(Job("r1"), Frame(0, 1))).Rows.Should().Be(1000, "the run has ended");
    }

    [Fact]
    public async Task RunAsync_InterruptedAndRestarted_GoesOnAfterTheLastCommit()
    {
        await using var fixture = new ServingFixture();
        var (one, two) = (await fixture.RegisterScaleAsync(2), await fixture.RegisterScaleAsync(3));
        await fixture.Deployer.DeployAsync(one, 1, "first");
        var job = Job("r1") with { CommitRows = 64 };
        await fixture.Scoring.Invoking(s => s.RunAsync(job, Frames(failAfter: 3)).AsTask()).Should().ThrowAsync<IOException>();
        (await fixture.Scoring.FindAsync("routes", "r1|1")).Should().BeNull("a run is seen when it is complete");
        await fixture.Deployer.DeployAsync(two, 1, "second");
        await fixture.RestartAsync();

        await fixture.Scoring.Invoking(s => s.RunAsync(job, Frames(offset: 5)).AsTask()).Should().ThrowAsync<InvalidInputException>().WithMessage("*had the key 'r299|299'*'r304|304'*");
        var result = await fixture.Scoring.RunAsync(job, Frames());

        (result.Version, result.Rows, result.Resumed, result.Failed).Should().Be((one, 500L, 300L, 0L));
        for (var i = 0; i < 500; i += 7)
            (await fixture.Scoring.FindAsync("routes", $"r{i}|{i}"))!.Scores[0].Should().Be(2 * i);
        var next = await fixture.Scoring.RunAsync(Job("r2"), Frames());
        next.Version.Should().Be(two);
        (await fixture.Scoring.FindAsync("routes", "r10|10"))!.Scores[0].Should().Be(30);
    }

    [Fact]
    public async Task GetAsync_UnknownOrOldKeys_TakeTheFallback()
    {
        await using var fixture = new ServingFixture();
        await fixture.Deployer.DeployAsync(await fixture.RegisterScaleAsync(2), 1, "first");
        await fixture.Scoring.RunAsync(Job("r1"), Frame(0, 10));
        var fallback = new PredictionFallback { MaximumAge = TimeSpan.FromHours(1), Live = (key, _) => new(key == "odd" ? throw new InvalidInputException("odd") : key == "new" ? [9f] : null), Default = [0.5f] };

        (await fixture.Scoring.GetAsync("routes", "r3|3", fallback)).Source.Should().Be(PredictionSource.Stored);
        (await fixture.Scoring.GetAsync("routes", "new", fallback)).Should().BeEquivalentTo(new { Source = PredictionSource.Live, Scores = new[] { 9f } });
        (await fixture.Scoring.GetAsync("routes", "other", fallback)).Source.Should().Be(PredictionSource.Default);
        (await fixture.Scoring.GetAsync("routes", "odd", fallback)).Source.Should().Be(PredictionSource.Default);
        fixture.Environment.Clock.Advance(TimeSpan.FromHours(2));
        (await fixture.Scoring.GetAsync("routes", "r3|3", fallback)).Source.Should().Be(PredictionSource.Default);
        (await fixture.Scoring.GetAsync("routes", "r3|3", new PredictionFallback())).Source.Should().Be(PredictionSource.Stored);
        await fixture.Scoring.Invoking(s => s.GetAsync("routes", "zzz", new PredictionFallback()).AsTask()).Should().ThrowAsync<NotFoundException>();
    }

    [Fact]
    public async Task GetAsync_UnknownKeyWithAPopularOne_AnswersByThePopularOne()
    {
        await using var fixture = new ServingFixture();
        await fixture.Deployer.DeployAsync(await fixture.RegisterScaleAsync(2), 1, "first");
        await fixture.Scoring.RunAsync(Job("r1"), Frame(0, 10));
        fixture.Environment.Clock.Advance(TimeSpan.FromHours(2));
        var fallback = new PredictionFallback { MaximumAge = TimeSpan.FromHours(1), PopularKey = "r3|3", Default = [0.5f], Live = (_, _) => throw new PredictionFailedException("down", null) };

        (await fixture.Scoring.GetAsync("routes", "zzz", fallback)).Should().BeEquivalentTo(new { Key = "zzz", Source = PredictionSource.Popular, Scores = new[] { 6f, 2f } });
        (await fixture.Scoring.GetAsync("routes", "zzz", fallback with { PopularKey = "absent" })).Source.Should().Be(PredictionSource.Default);
    }

    [Fact]
    public async Task FindManyAsync_SomeKeys_GivesThoseThatAreStored()
    {
        await using var fixture = new ServingFixture();
        var version = await fixture.RegisterScaleAsync(2);
        await fixture.Deployer.DeployAsync(version, 1, "first");
        (await fixture.Scoring.FindManyAsync("routes", ["r3|3"])).Should().BeEmpty();
        await fixture.Scoring.RunAsync(Job("r1"), Frame(0, 10));

        var found = await fixture.Scoring.FindManyAsync("routes", ["r3|3", "zzz", "r5|5"]);

        found.Keys.Should().BeEquivalentTo("r3|3", "r5|5");
        (found["r5|5"].Scores[0], found["r5|5"].Version).Should().Be((10f, version));
    }

    [Fact]
    public async Task ScoreAsync_Stream_AddsScoreColumns()
    {
        await using var fixture = new ServingFixture();
        var version = await fixture.RegisterScaleAsync(2);
        var rows = 0;
        await foreach (var frame in fixture.Scoring.ScoreAsync(version, Frames()))
        {
            for (var row = 0; row < frame.RowCount; row++, rows++)
                frame.Column<float>("score_0")[row].Should().Be(2 * rows);
            frame["score_1"].NullCount.Should().Be(0);
        }

        rows.Should().Be(500);
    }

    private static BatchScoringJob Job(string run) => new() { Name = "routes", Run = run, Endpoint = "flight-delay", KeyColumns = ["route", "number"] };

    private static DataFrame Frame(int start, int count) => new(
        DataColumn.Create("route", Enumerable.Range(start, count).Select(i => $"r{i}").ToArray()),
        DataColumn.Create("number", Enumerable.Range(start, count).Select(i => (long)i).ToArray()),
        DataColumn.Create("b", Enumerable.Repeat(1f, count).ToArray()),
        DataColumn.Create("a", Enumerable.Range(start, count).Select(i => (double)i).ToArray()));

    private static async IAsyncEnumerable<DataFrame> Frames(int failAfter = int.MaxValue, int offset = 0)
    {
        for (var i = 0; i < 5; i++)
        {
            await Task.Yield();
            if (i == failAfter)
                throw new IOException("gone");
            yield return Frame((i * 100) + offset, 100);
        }
    }
}
