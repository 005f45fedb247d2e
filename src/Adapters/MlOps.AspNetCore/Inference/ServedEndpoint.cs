using System.Text.Json;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>An endpoint with the plan by which its requests are read: that of the version with the greatest part of its traffic.</summary>
internal sealed class ServedEndpoint(ServedEnvironment environment, IEndpoint endpoint, JsonEncodedText encoded)
{
    private const long LookAgainAfterMilliseconds = 50;

    private readonly SemaphoreSlim _looking = new(1, 1);
    private ModelPlan? _plan;
    private RowTemplate? _template;
    private long _lookedAt;
    private int _scores;

    public IEndpoint Endpoint => endpoint;

    /// <summary>The endpoint's name for JSON.</summary>
    public JsonEncodedText Encoded => encoded;

    /// <summary>The most scores that a row of any of its versions has.</summary>
    public int Scores => Volatile.Read(ref _scores);

    /// <summary>The plan when it was looked at before.</summary>
    public ModelPlan? Plan => Volatile.Read(ref _plan);

    /// <summary>What answers by a version under a variant have in common; the last one is kept.</summary>
    public RowTemplate Template(ModelPlan plan, string variant)
    {
        var template = Volatile.Read(ref _template);
        if (template is null || template.Plan != plan || template.Variant != variant)
            Volatile.Write(ref _template, template = new RowTemplate(encoded, plan, variant));
        return template;
    }

    public ValueTask<ModelPlan> PlanAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _plan) is { } plan ? new(plan) : LookAsync(null, cancellationToken);

    /// <summary>Looks again whether the plan is still that of the traffic; not more often than every 50 milliseconds.</summary>
    /// <returns>The plan, the same object when nothing changed.</returns>
    public async ValueTask<ModelPlan> LookAsync(ModelPlan? former, CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_plan is { } plan && (plan != former || Environment.TickCount64 - _lookedAt < LookAgainAfterMilliseconds))
                return plan;
            var policy = await endpoint.GetTrafficAsync(cancellationToken).ConfigureAwait(false)
                ?? throw new ProtocolException(404, "There is no such model.");
            var scores = 1;
            ModelPlan? heaviest = null;
            foreach (var share in policy.Shares.OrderByDescending(share => share.Weight))
            {
                var next = await environment.PlanAsync(share.Version, cancellationToken).ConfigureAwait(false);
                heaviest ??= next;
                scores = Math.Max(scores, next.RowOutputWidth);
            }

            Volatile.Write(ref _scores, scores);
            Volatile.Write(ref _plan, heaviest);
            _lookedAt = Environment.TickCount64;
            return heaviest!;
        }
        finally
        {
            _looking.Release();
        }
    }
}
