using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MlOps.Serving.Tests.Endpoints;

/// <summary>Listens process-wide, which costs others allocations: runs beside no other test.</summary>
[Collection("alone")]
public sealed class ServingMetricsTests
{
    [Fact]
    public async Task PredictAsync_WithListeners_ReportsSecondsBatchesRefusalsAndActivities()
    {
        await using var fixture = new ServingFixture();
        var endpoint = fixture.Endpoints["metered"];
        var version = await fixture.RegisterAsync(OnnxModels.Scale(2, 2), ["a", "b"], "metered");
        await endpoint.SetTrafficAsync(TrafficPolicy.Single(version), "first");
        var seen = new List<(string Name, double Value, string? Endpoint)>();
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => { if (instrument.Meter.Name == "MlOps.Serving") listener.EnableMeasurementEvents(instrument); } };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        meters.Start();
        var activities = new List<Activity>();
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == "MlOps.Serving", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData, ActivityStopped = activity => { lock (activities) activities.Add(activity); } };
        ActivitySource.AddActivityListener(listener);

        await endpoint.TryPredictAsync(new float[2], new float[2]);
        await endpoint.TryPredictAsync(new float[3], new float[2]);

        lock (seen)
        {
            seen.Where(m => m.Endpoint == "metered").Select(m => m.Name).Should().Equal("mlops.serving.prediction.duration", "mlops.serving.prediction.refused");
            seen.First(m => m.Endpoint == "metered").Value.Should().BePositive();
        }

        lock (activities)
            activities.Should().ContainSingle(activity => (string?)activity.GetTagItem("mlops.endpoint") == "metered" && activity.OperationName == "mlops.serving.predict" && activity.Duration > TimeSpan.Zero);

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? name = null;
            foreach (var tag in tags)
                name = tag.Key == "mlops.endpoint" ? (string?)tag.Value : name;
            lock (seen)
                seen.Add((instrument.Name, value, name));
        }
    }
}

[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
