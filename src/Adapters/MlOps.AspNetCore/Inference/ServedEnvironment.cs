using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using MlOps.Registry;
using MlOps.Serving;

namespace MlOps.AspNetCore;

/// <summary>
/// The endpoints and model versions of one environment as HTTP sees them. Names come from outside: only those that are known to be stored
/// are handed on, so that made-up ones leave nothing behind.
/// </summary>
internal sealed class ServedEnvironment(IMlOpsEnvironment environment)
{
    private const int MostVersions = 4096;
    private const long LookAgainAfterMilliseconds = 50;

    private readonly SemaphoreSlim _looking = new(1, 1);
    private readonly ConcurrentDictionary<ModelVersionRef, ModelPlan> _plans = [];
    private FrozenDictionary<string, ServedEndpoint> _endpoints = FrozenDictionary<string, ServedEndpoint>.Empty;
    private long _lookedAt = long.MinValue / 2;
    private IEndpoints? _engine;
    private IServedModels? _models;

    public string Name => environment.Name;

    public IEndpoints Endpoints => _engine ??= environment.Get<IEndpoints>();

    public IServedModels Models => _models ??= environment.Get<IServedModels>();

    /// <summary>The endpoint of a name when it was asked for before.</summary>
    public ServedEndpoint? Find(string name) => _endpoints.GetValueOrDefault(name);

    /// <summary>The endpoint of a name; null when none of that name serves.</summary>
    public ValueTask<ServedEndpoint?> FindAsync(string name, CancellationToken cancellationToken) =>
        _endpoints.TryGetValue(name, out var endpoint) ? new(endpoint) : LookAsync(name, cancellationToken);

    /// <summary>Where every endpoint with traffic stands.</summary>
    public async ValueTask<IReadOnlyList<EndpointStatus>> ListAsync(CancellationToken cancellationToken)
    {
        // The process asks for itself: who may call was decided by the key.
        var list = await Endpoints.ListAsync(cancellationToken).ConfigureAwait(false);
        return [.. list.Where(status => status.Policy is not null)];
    }

    /// <summary>The plan of a version that exists; loads the version when it is not in memory.</summary>
    public ValueTask<ModelPlan> PlanAsync(ModelVersionRef version, CancellationToken cancellationToken) =>
        _plans.TryGetValue(version, out var plan) ? new(plan) : DescribeAsync(version, cancellationToken);

    /// <summary>The version that an address means: of the endpoint's model, or of the model itself when there is no such endpoint.</summary>
    public async ValueTask<ModelVersionRef> ResolveAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || name.Length > 250)
            throw new ProtocolException(404, "There is no such model version.");
        var endpoint = await FindAsync(name, cancellationToken).ConfigureAwait(false);
        if (endpoint is null)
            return new ModelVersionRef(name, number);
        var policy = await endpoint.Endpoint.GetTrafficAsync(cancellationToken).ConfigureAwait(false);
        if (policy is null)
            return new ModelVersionRef(name, number);
        var served = policy.Shares.FirstOrDefault(share => share.Version.Version == number);
        return served?.Version ?? new ModelVersionRef(policy.Shares[0].Version.Model, number);
    }

    private async ValueTask<ModelPlan> DescribeAsync(ModelVersionRef version, CancellationToken cancellationToken)
    {
        try
        {
            var status = await Models.DescribeAsync(version, cancellationToken).ConfigureAwait(false);
            if (status.Inputs.Count == 0 && status.Outputs.Count == 0)
                status = await Models.LoadAsync(version, cancellationToken).ConfigureAwait(false);
            if (_plans.Count >= MostVersions)
                _plans.Clear();
            return _plans.GetOrAdd(version, static (key, status) => new ModelPlan(key, status.Inputs, status.Outputs), status);
        }
        catch (Exception e) when (e is NotFoundException or ModelNotFoundException)
        {
            throw new ProtocolException(404, "There is no such model version.");
        }
    }

    private async ValueTask<ServedEndpoint?> LookAsync(string name, CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_endpoints.ContainsKey(name) && Environment.TickCount64 - _lookedAt >= LookAgainAfterMilliseconds)
            {
                var known = _endpoints;
                var list = await ListAsync(cancellationToken).ConfigureAwait(false);
                _endpoints = list.ToFrozenDictionary(
                    status => status.Name,
                    status => known.GetValueOrDefault(status.Name) ?? new ServedEndpoint(this, Endpoints[status.Name], JsonEncodedText.Encode(status.Name)),
                    StringComparer.Ordinal);
                _lookedAt = Environment.TickCount64;
            }

            return _endpoints.GetValueOrDefault(name);
        }
        finally
        {
            _looking.Release();
        }
    }
}
