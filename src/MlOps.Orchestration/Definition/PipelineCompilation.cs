using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using Polly;

namespace MlOps.Orchestration;

/// <summary>Collects the steps of a pipeline while it is being defined, then checks the whole and lists every mistake at once.</summary>
internal sealed class PipelineCompilation(IPipeline pipeline, TimeProvider clock, IReadOnlyList<IJsonTypeInfoResolver> resolvers)
{
    public const string InputName = "$input";
    public const int InputIndex = -1;
    public const int None = -2;

    private readonly List<PipelineNode> _nodes = [];
    private readonly List<string> _mistakes = [];
    private readonly List<IJsonTypeInfoResolver> _resolvers = [];
    private readonly Stack<(int Decision, bool Expected)> _branches = new();

    public void AddResolver(IJsonTypeInfoResolver resolver) => _resolvers.Add(resolver);

    public string NameOf(int index) => index == InputIndex ? "input" : _nodes[index].Name;

    public int Use<T>(string step, StepHandle<T> handle)
    {
        if (ReferenceEquals(handle.Owner, this))
            return handle.Index;
        _mistakes.Add(handle.Owner is null
            ? $"Step '{step}' takes a handle that no step returned. Pass what Step, Choose or Join returned."
            : $"Step '{step}' takes the output of a step of another pipeline. Wire only steps of this one; pass data between pipelines as artifacts.");
        return None;
    }

    public StepHandle<T> Add<T>(string name, StepKind kind, int[] inputs, Action<StepBuilder>? configure, StepBody body)
    {
        var policy = new StepBuilder();
        configure?.Invoke(policy);
        var branch = _branches.TryPeek(out var open) ? open : (Decision: None, Expected: false);
        if (inputs.Length == 0)
            _mistakes.Add($"Step '{name}' takes no output: give it at least one upstream step.");
        _nodes.Add(new PipelineNode
        {
            Index = _nodes.Count,
            Name = name ?? "",
            Kind = kind,
            Inputs = inputs,
            Output = typeof(T),
            Body = body,
            Policy = policy,
            Condition = branch.Decision,
            Expected = branch.Expected,
        });
        return new StepHandle<T>(this, _nodes.Count - 1);
    }

    public void InBranch(int decision, bool expected, Action declare)
    {
        _branches.Push((decision, expected));
        try
        {
            declare();
        }
        finally
        {
            _branches.Pop();
        }
    }

    public CompiledPipeline Build(Type input)
    {
        var json = new PipelineJson([.. _resolvers, .. resolvers]);
        CheckNames();
        CheckTypes(json, input);
        Connect();
        if (_mistakes.Count == 0)
            CheckCycles();
        if (_mistakes.Count > 0)
        {
            throw new InvalidDefinitionException(
                $"Pipeline '{pipeline.Name}' has {_mistakes.Count} mistake{(_mistakes.Count == 1 ? "" : "s")}:{string.Concat(_mistakes.Distinct().Select(mistake => "\n- " + mistake))}");
        }

        foreach (var node in _nodes)
        {
            if (node.Policy.Resilience is not { } configure)
                continue;
            var builder = new ResiliencePipelineBuilder { TimeProvider = clock, Name = node.Name };
            configure(builder);
            node.Resilience = builder.Build();
        }

        var definition = Describe(input);
        var text = definition.ToJson();
        return new CompiledPipeline
        {
            Name = pipeline.Name,
            CodeVersion = pipeline.CodeVersion ?? pipeline.GetType().Module.ModuleVersionId.ToString("N"),
            Input = input,
            Nodes = [.. _nodes],
            Json = json,
            Definition = definition,
            DefinitionJson = text,
            DefinitionHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
        };
    }

    private void CheckNames()
    {
        if (!IsName(pipeline.Name))
            _mistakes.Add($"The pipeline's name '{pipeline.Name}' is not allowed: use 1 to 100 letters, digits, '.', '_' or '-', beginning with a letter.");
        if (_nodes.Count == 0)
            _mistakes.Add("It has no steps: declare at least one in Define.");
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var node in _nodes)
        {
            // A decision may end in '?', which its default name does.
            if (!IsName(node.Kind == StepKind.Decision ? node.Name.TrimEnd('?') : node.Name))
                _mistakes.Add($"Step name '{node.Name}' (number {node.Index + 1}) is not allowed: use 1 to 100 letters, digits, '.', '_' or '-', beginning with a letter.");
            else if (!seen.Add(node.Name))
                _mistakes.Add($"Two steps are named '{node.Name}' (case ignored): give each its own name.");
        }
    }

    private static bool IsName(string? name) =>
        name is { Length: > 0 and <= 100 } && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private void CheckTypes(PipelineJson json, Type input)
    {
        if (json.Refuse(input) is { } refusal)
            _mistakes.Add($"The input cannot be stored: {refusal}.");
        foreach (var node in _nodes)
        {
            if (json.Refuse(node.Output) is { } problem)
                _mistakes.Add($"The output of step '{node.Name}' cannot be stored: {problem}.");
        }
    }

    private void Connect()
    {
        var byName = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var node in _nodes)
            byName.TryAdd(node.Name, node.Index);
        var dependents = new List<int>[_nodes.Count];
        for (var i = 0; i < dependents.Length; i++)
            dependents[i] = [];
        foreach (var node in _nodes)
        {
            var after = new List<int>();
            foreach (var name in node.Policy.Predecessors)
            {
                if (byName.TryGetValue(name, out var index))
                    after.Add(index);
                else
                    _mistakes.Add($"Step '{node.Name}' waits for '{name}', which is not a step. {NearestNames.Describe(name, byName.Keys)}");
            }

            node.After = [.. after.Distinct()];
            node.Dependencies = [.. node.Inputs.Append(node.Condition).Concat(after).Where(index => index >= 0).Distinct()];
            foreach (var dependency in node.Dependencies)
                dependents[dependency].Add(node.Index);
        }

        foreach (var node in _nodes)
            node.Dependents = [.. dependents[node.Index]];
    }

    // Handles can only point backwards, so a cycle needs at least one After by name.
    private void CheckCycles()
    {
        var waiting = new int[_nodes.Count];
        var ready = new Queue<int>();
        foreach (var node in _nodes)
        {
            waiting[node.Index] = node.Dependencies.Length;
            if (node.Dependencies.Length == 0)
                ready.Enqueue(node.Index);
        }

        var settled = 0;
        while (ready.TryDequeue(out var index))
        {
            settled++;
            foreach (var dependent in _nodes[index].Dependents)
            {
                if (--waiting[dependent] == 0)
                    ready.Enqueue(dependent);
            }
        }

        if (settled == _nodes.Count)
            return;
        var path = new List<int> { Array.FindIndex(waiting, count => count > 0) };
        while (true)
        {
            var next = _nodes[path[^1]].Dependencies.First(dependency => waiting[dependency] > 0);
            var start = path.IndexOf(next);
            path.Add(next);
            if (start < 0)
                continue;
            _mistakes.Add($"Steps wait for each other in a circle: {string.Join(" after ", path.Skip(start).Select(index => $"'{_nodes[index].Name}'"))}. Remove one After.");
            return;
        }
    }

    private PipelineDefinition Describe(Type input) => new()
    {
        Name = pipeline.Name,
        Input = TypeName(input),
        Steps = [.. _nodes.Select(node => new StepDefinition
        {
            Name = node.Name,
            Kind = node.Kind,
            Inputs = [.. node.Inputs.Select(index => index == InputIndex ? InputName : _nodes[index].Name)],
            Output = TypeName(node.Output),
            Condition = node.Condition >= 0 ? _nodes[node.Condition].Name : null,
            Expected = node.Expected,
            After = [.. node.After.Select(index => _nodes[index].Name)],
            Retries = node.Policy.Retries,
            Timeout = node.Policy.TimeLimit,
            Resources = node.Policy.Resources,
            Cached = node.Kind == StepKind.Step && node.Policy.Cached,
        })],
    };

    private static string TypeName(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>" : type.Name;
}
