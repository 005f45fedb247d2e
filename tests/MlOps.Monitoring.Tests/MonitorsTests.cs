using MlOps.Testing;

namespace MlOps.Monitoring;

public sealed class MonitorsTests : IAsyncLifetime
{
    private const string Endpoint = "churn";
    private static readonly ModelVersionRef V1 = new("churn", 1);
    private static readonly ModelVersionRef V2 = new("churn", 2);
    private static readonly Timestamp Start = Timestamp.Utc(2026, 1, 1);
    private TestEnvironment _environment = null!;
    private Monitors _monitors = null!;

    public Task InitializeAsync()
    {
        _environment = new TestEnvironment();
        _monitors = new Monitors(_environment.Context);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _monitors.DisposeAsync();
        await _environment.DisposeAsync();
    }

    [Fact]
    public async Task Predictions_RecordedTwice_AreLoggedOnce_InOrderOfTime()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 50; i > 0; i--)
                Record(i, V1, Start + TimeSpan.FromMinutes(i), 0.5f);
        }

        var rows = await ReadAsync();
        rows.Select(row => row.Id.Low).Should().Equal(Enumerable.Range(1, 50).Select(i => (ulong)i));
        rows.Should().OnlyContain(row => row.Features.Length == 2 && row.Outcome == null && row.Variant == "stable");
    }

    [Fact]
    public async Task Predictions_WithoutANumberAsScore_AreLoggedAsSuchAndHarmNoOther()
    {
        Record(1, V1, Start, float.NaN);
        Record(2, V1, Start + TimeSpan.FromMinutes(1), float.PositiveInfinity);
        Record(3, V1, Start + TimeSpan.FromMinutes(2), 0.5f);
        await _monitors.RecordOutcomesAsync(Endpoint, [new(new PredictionId(7, 1), 1, Start), new(new PredictionId(7, 3), 1, Start)]);

        (await ReadAsync()).Select(row => row.Score).Should().Equal(float.NaN, float.PositiveInfinity, 0.5f);
        var quality = await _monitors.CheckQualityAsync(Endpoint, Start, Start + TimeSpan.FromHours(1));
        quality.Versions.Should().ContainSingle().Which.Rows.Should().Be(1, "a score that is no number is not measured");
    }

    [Fact]
    public async Task Outcomes_ArrivingBeforeOrAfter_AreJoined_AndTheLatestKnownWins()
    {
        await _monitors.RecordOutcomesAsync(Endpoint, [new(new PredictionId(7, 1), 1, Start)]);
        Record(1, V1, Start, 0.9f);
        Record(2, V1, Start, 0.2f);
        await _monitors.RecordOutcomesAsync(Endpoint, [new(new PredictionId(7, 2), 1, Start + TimeSpan.FromHours(2))]);
        await _monitors.RecordOutcomesAsync(Endpoint, [new(new PredictionId(7, 2), 0, Start + TimeSpan.FromHours(1))]);
        (await ReadAsync()).Select(row => row.Outcome).Should().Equal(1, 1);
    }

    [Fact]
    public async Task Quality_IsMeasuredByVersion_AsPublished()
    {
        // scikit-learn's documentation gives roc_auc_score = 0.75 for these rows; the log loss is -(ln .9 + ln .6 + ln .35 + ln .8) / 4.
        float[] scores = [.1f, .4f, .35f, .8f];
        int[] outcomes = [0, 0, 1, 1];
        for (var i = 0; i < 4; i++)
        {
            Record(i + 1, V1, Start + TimeSpan.FromMinutes(i), scores[i]);
            await _monitors.RecordOutcomesAsync(Endpoint, [new(new PredictionId(7, (ulong)i + 1), outcomes[i], Start)]);
        }

        Record(10, V2, Start, 0.5f);
        var report = await _monitors.CheckQualityAsync(Endpoint, Start, Start + TimeSpan.FromHours(1));
        var first = report.Of(V1)!;
        first.Auc.Should().Be(0.75);
        first.LogLoss.Should().BeApproximately(0.472287954, 1e-7);
        first.Brier.Should().BeApproximately((.01 + .16 + .4225 + .04) / 4, 1e-7);
        report.Of(V2)!.Should().BeEquivalentTo(new { Rows = 0, Waiting = 1 });
        report.Of(new ModelVersionRef("churn", 3)).Should().BeNull();
    }

    [Fact]
    public async Task Drift_OfAShiftedWindow_IsReportedAndRaisesOneEvent_HoweverOftenChecked()
    {
        await _monitors.SetReferenceAsync(Endpoint, V1, Reference(0));
        var random = new Random(3);
        for (var i = 0; i < 1000; i++)
            Record(i + 1, V1, Start + TimeSpan.FromSeconds(i), 0.5f, [(float)random.NextDouble() + 0.7f, (float)random.NextDouble()]);
        for (var round = 0; round < 3; round++)
        {
            var report = await _monitors.CheckDriftAsync(Endpoint, V1, Start, Start + TimeSpan.FromHours(1));
            report.Drifted.Should().BeTrue();
            report.Rows.Should().Be(1000);
            report.Columns.Where(column => column.Drifted).Select(column => column.Column).Should().Equal("a");
        }

        var events = await _environment.Context.Events.ReadAsync(typePrefix: MonitoringEvents.DriftDetected);
        events.Should().ContainSingle().Which.Subject.Should().Be(Endpoint);
        (await _monitors.GetDriftReportsAsync(Endpoint)).Should().ContainSingle().Which.Drifted.Should().BeTrue();
    }

    [Fact]
    public async Task Drift_OfTheReferencesOwnLaw_RaisesNothing()
    {
        await _monitors.SetReferenceAsync(Endpoint, V1, Reference(0));
        var random = new Random(4);
        for (var i = 0; i < 1000; i++)
            Record(i + 1, V1, Start + TimeSpan.FromSeconds(i), 0.5f, [(float)random.NextDouble(), (float)random.NextDouble()]);
        (await _monitors.CheckDriftAsync(Endpoint, V1, Start, Start + TimeSpan.FromHours(1))).Drifted.Should().BeFalse();
        (await _environment.Context.Events.ReadAsync(typePrefix: MonitoringEvents.DriftDetected)).Should().BeEmpty();
    }

    [Fact]
    public async Task Reading_PagesThroughManyRowsOfOneMoment_WithoutLossOrRepetition()
    {
        for (var i = 0; i < 12_000; i++)
            Record(i + 1, V1, Start + TimeSpan.FromSeconds(i / 7_000), 0.5f);
        var rows = await ReadAsync();
        rows.Should().HaveCount(12_000 - (int)_monitors.DroppedPredictions);
        rows.Select(row => row.Id).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task WrongInput_IsRefusedWhole_WithTheRemedy()
    {
        var act = () => _monitors.RecordOutcomesAsync(Endpoint, [new(new PredictionId(7, 1), 1, Start), new(new PredictionId(7, 2), double.NaN, Start)]).AsTask();
        (await act.Should().ThrowAsync<InvalidInputException>()).WithMessage("*NaN*finite*");
        act = () => _monitors.RecordOutcomesAsync(Endpoint, [new(default, 1, Start)]).AsTask();
        await act.Should().ThrowAsync<InvalidInputException>();
        act = async () => await _monitors.CheckDriftAsync(Endpoint, V2, Start, Start + TimeSpan.FromHours(1));
        (await act.Should().ThrowAsync<NotFoundException>()).WithMessage("*churn:2*SetReferenceAsync*");
        act = async () => await _monitors.CheckDriftAsync(Endpoint, V1, Start, Start, new DriftRule { Alpha = 2, Bins = 1 });
        (await act.Should().ThrowAsync<InvalidDefinitionException>()).WithMessage("*Alpha*Bins*");
    }

    private static ReferenceProfile Reference(float shift)
    {
        var random = new Random(1);
        return ReferenceProfile.Learn(["a", "b"], Enumerable.Range(0, 20_000).Select(i => (float)random.NextDouble() + (i % 2 == 0 ? shift : 0)).ToArray());
    }

    private void Record(int id, ModelVersionRef version, Timestamp time, float score, float[]? features = null) => _monitors.Sink.Record(new PredictionRecord
    {
        Endpoint = Endpoint, Version = version, Variant = "stable", Id = new PredictionId(7, (ulong)id), Time = time,
        FeatureNames = ["a", "b"], Features = features ?? [1, 2], Scores = new[] { score },
    });

    private async Task<List<LoggedPrediction>> ReadAsync()
    {
        var rows = new List<LoggedPrediction>();
        await foreach (var row in _monitors.ReadAsync(Endpoint, Start, Start + TimeSpan.FromDays(1)))
            rows.Add(row);
        return rows;
    }
}
