using System.Collections.Frozen;
using System.Text.Json.Serialization.Metadata;

namespace MlOps.Orchestration;

/// <summary>The pipelines of one environment: instances are made on first use, graphs are compiled and checked once.</summary>
internal sealed class PipelineCatalog
{
    private readonly FrozenDictionary<Type, Entry> _byType;
    private readonly FrozenDictionary<string, Entry> _byName;

    public PipelineCatalog(
        IEnumerable<PipelineRegistration> registrations, IServiceProvider services, IMlOpsEnvironment environment, IReadOnlyList<IJsonTypeInfoResolver> resolvers)
    {
        var entries = registrations.DistinctBy(registration => registration.Type)
            .Select(registration => new Entry(registration, services, environment, resolvers)).ToArray();
        _byType = entries.ToFrozenDictionary(entry => entry.Type);
        var byName = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var entry in entries.Where(entry => entry.Instance is not null))
        {
            if (!byName.TryAdd(entry.Instance!.Name, entry))
                throw new InvalidDefinitionException($"Pipelines {byName[entry.Instance.Name].Type.Name} and {entry.Type.Name} are both named '{entry.Instance.Name}': give each its own name.");
        }

        _byName = byName.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public IReadOnlyList<string> Names => [.. _byName.Keys.Order(StringComparer.Ordinal)];

    public CompiledPipeline Get(Type type) =>
        _byType.TryGetValue(type, out var entry)
            ? entry.Compiled
            : throw new NotFoundException($"Pipeline {type.Name} is not registered. Call AddPipeline<{type.Name}>() at start.");

    public CompiledPipeline? Find(string name) => _byName.TryGetValue(name, out var entry) ? entry.Compiled : null;

    public PipelineJson? JsonOf(string name)
    {
        try
        {
            return Find(name)?.Json;
        }
        catch (InvalidDefinitionException)
        {
            // A run can be read although its pipeline is broken now.
            return null;
        }
    }

    public CompiledPipeline Get(string name) =>
        Find(name) ?? throw new NotFoundException($"Pipeline '{name}' is not registered in this host. {NearestNames.Describe(name, _byName.Keys)}");

    public void Validate()
    {
        var mistakes = new List<string>();
        foreach (var entry in _byType.Values.OrderBy(entry => entry.Type.FullName, StringComparer.Ordinal))
        {
            try
            {
                _ = entry.Compiled;
            }
            catch (MlOpsException error)
            {
                mistakes.Add(error.Message);
            }
        }

        if (mistakes.Count > 0)
            throw new InvalidDefinitionException(string.Join("\n", mistakes));
    }

    private sealed class Entry
    {
        private readonly Lazy<CompiledPipeline> _compiled;
        private readonly MlOpsException? _error;

        public Entry(PipelineRegistration registration, IServiceProvider services, IMlOpsEnvironment environment, IReadOnlyList<IJsonTypeInfoResolver> resolvers)
        {
            Type = registration.Type;
            try
            {
                Instance = registration.Create(services, environment);
            }
            catch (MlOpsException error)
            {
                // One pipeline that cannot be made must not keep the others from running.
                _error = error;
            }

            _compiled = new Lazy<CompiledPipeline>(() => Instance!.Compile(new PipelineCompilation(Instance, environment.Context.Clock, resolvers)));
        }

        public Type Type { get; }

        public IPipeline? Instance { get; }

        public CompiledPipeline Compiled => _error is null ? _compiled.Value : throw _error;
    }
}
