using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MlOps.Serving;

/// <summary>The instruments of traffic policies and resilience.</summary>
internal sealed class TrafficMetrics(string environment, Meter meter)
{
    private readonly Counter<long> _steppedIn = meter.CreateCounter<long>(
        "mlops.serving.prediction.stepped_in", "{request}", "Answers given by something else than the version chosen first, by source and reason.");

    private readonly Counter<long> _circuits = meter.CreateCounter<long>(
        "mlops.serving.circuit.changes", "{change}", "Changes of the circuits of model versions, by the state entered.");

    private readonly UpDownCounter<long> _open = meter.CreateUpDownCounter<long>("mlops.serving.circuit.open", "{circuit}", "Circuits that are open or half open.");

    private readonly Counter<long> _exposures = meter.CreateCounter<long>("mlops.serving.exposure", "{exposure}", "Exposures, by what became of them: written or dropped.");

    private readonly Counter<long> _payloads = meter.CreateCounter<long>("mlops.serving.payload", "{record}", "Sampled payloads, by what became of them: delivered or dropped.");

    private readonly Histogram<double> _shadowDifference = meter.CreateHistogram<double>(
        "mlops.serving.shadow.difference", "1", "Largest difference of a score between a shadow's answer and the one given.");

    private readonly Counter<long> _shadowCompared = meter.CreateCounter<long>("mlops.serving.shadow.compared", "{request}", "Mirrored answers compared, by whether they agree.");

    public void SteppedIn(string endpoint, AnswerSource source, string reason)
    {
        if (_steppedIn.Enabled)
            _steppedIn.Add(1, new TagList { { "mlops.environment", environment }, { "mlops.endpoint", endpoint }, { "source", Text(source) }, { "reason", reason } });
    }

    public void CircuitChanged(string endpoint, ModelVersionRef version, CircuitState former, CircuitState state)
    {
        var tags = new TagList { { "mlops.environment", environment }, { "mlops.endpoint", endpoint }, { "mlops.model.version", version.ToString() } };
        if ((former == CircuitState.Closed) != (state == CircuitState.Closed))
            _open.Add(state == CircuitState.Closed ? -1 : 1, tags);
        tags.Add("state", state switch { CircuitState.Open => "open", CircuitState.HalfOpen => "half open", _ => "closed" });
        _circuits.Add(1, tags);
    }

    public void Exposures(string result, long count)
    {
        if (count > 0 && _exposures.Enabled)
            _exposures.Add(count, new TagList { { "mlops.environment", environment }, { "result", result } });
    }

    public void Payloads(string result, long count)
    {
        if (count > 0 && _payloads.Enabled)
            _payloads.Add(count, new TagList { { "mlops.environment", environment }, { "result", result } });
    }

    public void ShadowCompared(string endpoint, double difference, bool agrees)
    {
        if (_shadowDifference.Enabled)
            _shadowDifference.Record(difference, new TagList { { "mlops.environment", environment }, { "mlops.endpoint", endpoint } });
        if (_shadowCompared.Enabled)
            _shadowCompared.Add(1, new TagList { { "mlops.environment", environment }, { "mlops.endpoint", endpoint }, { "agrees", agrees } });
    }

    private static string Text(AnswerSource source) => source switch
    {
        AnswerSource.Fallback => "fallback",
        AnswerSource.Default => "default",
        AnswerSource.Hedged => "hedged",
        AnswerSource.Cached => "cached",
        _ => "primary",
    };
}
