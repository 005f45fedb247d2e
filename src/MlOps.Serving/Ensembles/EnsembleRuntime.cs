using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// Runs the steps of an ensemble in the order of their values, level by level, the steps of a level at once. Values stay where the step
/// before put them, on the device where both steps run on the same.
/// </summary>
internal sealed class EnsembleRuntime : IModelRuntime
{
    private readonly string _name;
    private readonly EnsembleStep[][] _levels;
    private readonly IReadOnlyList<IModelRuntime> _owned;
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken;

    public EnsembleRuntime(string name, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs, IReadOnlyList<EnsembleStep> steps, IReadOnlyList<IModelRuntime> owned)
    {
        (_name, Inputs, _owned) = (name, inputs, owned);
        if (inputs.Count == 0 || outputs.Count == 0 || steps.Count == 0)
            throw new InvalidDefinitionException($"Ensemble '{name}' needs at least one input, one step and one output.");
        foreach (var input in inputs)
            Source(input.Name, "");
        foreach (var step in steps)
        {
            foreach (var value in step.Gives.Values)
                Source(value, step.Name);
        }

        foreach (var step in steps)
        {
            foreach (var (input, value) in step.Takes)
            {
                if (!_sources.ContainsKey(value))
                    throw new InvalidDefinitionException($"Input '{input}' of step '{step.Name}' of ensemble '{name}' takes '{value}', which nothing gives. {NearestNames.Describe(value, _sources.Keys)}");
            }
        }

        foreach (var output in outputs)
        {
            if (!_sources.ContainsKey(output.Name))
                throw new InvalidDefinitionException($"Output '{output.Name}' of ensemble '{name}' is given by no step. {NearestNames.Describe(output.Name, _sources.Keys)}");
        }

        _taken = [.. steps.SelectMany(step => step.Takes.Values), .. outputs.Select(output => output.Name)];
        Outputs = [.. outputs.Select(output => Describe(output, steps))];
        _levels = Levels(steps);
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    public bool HasRows => false;

    public int InputWidth => 0;

    public int OutputWidth => 0;

    public int? FixedBatchSize => null;

    public long MemoryBytes => _owned.Sum(model => model.MemoryBytes);

    public string Device => string.Join(",", _levels.SelectMany(level => level).Select(step => step.Runtime?.Device).OfType<string>().Distinct().DefaultIfEmpty(DeviceOptions.Cpu));

    public string? DeviceReason => _owned.Select(model => model.DeviceReason).FirstOrDefault(reason => reason is not null);

    public IBatchBuffer CreateBuffer(int maximumRows) => throw new NotSupportedException($"Ensemble '{_name}' does not map rows of floats to rows of floats.");

    public IReadOnlyDictionary<string, ModelValue> Run(
        IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Check(inputs, outputs);
        var device = Device;
        try
        {
            return RunOnce(inputs, outputs, cancellationToken);
        }
        catch (EnsembleStepException) when (Device != device)
        {
            // A step's device was lost: values that lay on it are made anew, once, where the step runs now.
            return RunOnce(inputs, outputs, cancellationToken);
        }
    }

    public void Dispose()
    {
        foreach (var model in _owned)
            model.Dispose();
    }

    private Dictionary<string, ModelValue> RunOnce(IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, CancellationToken cancellationToken)
    {
        var values = new ConcurrentDictionary<string, FlowValue>(StringComparer.Ordinal);
        try
        {
            foreach (var (name, value) in inputs)
                values[name] = new FlowValue(value, null);
            foreach (var level in _levels)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (level.Length == 1)
                    RunStep(level[0], values, cancellationToken);
                else
                    RunLevel(level, values, cancellationToken);
            }

            var results = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
            foreach (var output in Outputs)
            {
                if (outputs is null || outputs.Contains(output.Name))
                    results.Add(output.Name, values[output.Name].Take(output.Name));
            }

            return results;
        }
        finally
        {
            foreach (var value in values.Values)
                value.Dispose();
        }
    }

    // All steps of a level end before one's failure is told: they read values that are let go after it.
    private void RunLevel(EnsembleStep[] level, ConcurrentDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        var failures = new Exception?[level.Length];
        Parallel.For(0, level.Length, new ParallelOptions { MaxDegreeOfParallelism = level.Length }, i =>
        {
            try
            {
                RunStep(level[i], values, cancellationToken);
            }
            catch (Exception e)
            {
                failures[i] = e;
            }
        });
        if (Array.Find(failures, failure => failure is not null) is { } first)
            ExceptionDispatchInfo.Throw(first);
    }

    private void RunStep(EnsembleStep step, ConcurrentDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        try
        {
            if (step.Native is { } native)
                RunNative(step, native, values, cancellationToken);
            else
                RunManaged(step, values, cancellationToken);
        }
        catch (InvalidInputException e) when (step.Takes.Values.All(value => _sources[value].Length == 0))
        {
            throw new InvalidInputException($"Step '{step.Name}' of ensemble '{_name}' does not take its input: {e.Message}", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new EnsembleStepException($"Step '{step.Name}' of ensemble '{_name}' failed: {e.Message}", step.Name, e);
        }
    }

    private void RunNative(EnsembleStep step, OnnxModelRuntime native, ConcurrentDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        using var inputs = new OnnxInputs();
        foreach (var (input, value) in step.Takes)
        {
            if (values.TryGetValue(value, out var flow))
                flow.AddTo(inputs, input);
        }

        native.RequireInputs(inputs.Names);
        var wanted = native.Wanted(step.Wanted);
        var results = StaysOnDevice(step, native) ? native.RunBound(inputs, wanted, cancellationToken) : native.RunNative(inputs, wanted, cancellationToken);
        for (var i = 0; i < wanted.Count; i++)
            values[step.Gives[wanted[i]]] = new FlowValue(null, results[i]);
    }

    private bool StaysOnDevice(EnsembleStep step, OnnxModelRuntime native) =>
        native.Device != DeviceOptions.Cpu &&
        step.Gives.Values.All(value => Outputs.All(output => output.Name != value) &&
            _levels.SelectMany(level => level).Where(other => other.Takes.Values.Contains(value)).All(other => other.Native?.Device == native.Device));

    private void RunManaged(EnsembleStep step, ConcurrentDictionary<string, FlowValue> values, CancellationToken cancellationToken)
    {
        var inputs = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
        foreach (var (input, value) in step.Takes)
        {
            if (values.TryGetValue(value, out var flow))
                inputs.Add(input, flow.View(value));
        }

        var results = step.Function is { } function ? function(inputs, cancellationToken) : step.Runtime!.Run(inputs, step.Wanted, cancellationToken);
        foreach (var (output, value) in step.Gives)
        {
            if (results?.TryGetValue(output, out var result) != true || result is null)
                throw new InvalidDefinitionException($"it gave no '{output}', only {(results is null || results.Count == 0 ? "nothing" : string.Join(", ", results.Keys))}.");
            values[value] = new FlowValue(result, null);
        }
    }

    private void Check(IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs)
    {
        foreach (var input in Inputs)
        {
            if (!inputs.TryGetValue(input.Name, out var value))
            {
                if (_taken.Contains(input.Name))
                    throw new InvalidInputException($"Input '{input.Name}' of ensemble '{_name}' is missing; it is to be {input.ElementType}[{string.Join(", ", input.Shape)}].");
            }
            else if (!SpecCheck.Fits(input, value))
            {
                throw new InvalidInputException($"Input '{input.Name}' of ensemble '{_name}' is to be {input.ElementType}[{string.Join(", ", input.Shape)}]; {OnnxSignature.Show(value)} was given.");
            }
        }

        foreach (var name in inputs.Keys)
        {
            if (!Inputs.Any(input => input.Name == name))
                throw new InvalidInputException($"Ensemble '{_name}' has no input '{name}'. {NearestNames.Describe(name, Inputs.Select(input => input.Name))}");
        }

        foreach (var name in outputs ?? [])
        {
            if (!Outputs.Any(output => output.Name == name))
                throw new InvalidInputException($"Ensemble '{_name}' has no output '{name}'. {NearestNames.Describe(name, Outputs.Select(output => output.Name))}");
        }
    }

    private void Source(string value, string step)
    {
        if (!_sources.TryAdd(value, step))
            throw new InvalidDefinitionException($"'{value}' of ensemble '{_name}' is given twice: by {Giver(_sources[value])} and by {Giver(step)}.");

        static string Giver(string source) => source.Length == 0 ? "the request" : $"step '{source}'";
    }

    private EnsembleStep[][] Levels(IReadOnlyList<EnsembleStep> steps)
    {
        var done = new HashSet<string>(StringComparer.Ordinal) { "" };
        var left = steps.ToList();
        var levels = new List<EnsembleStep[]>();
        while (left.Count > 0)
        {
            var level = left.Where(step => step.Takes.Values.All(value => done.Contains(_sources[value]))).ToArray();
            if (level.Length == 0)
                throw new InvalidDefinitionException($"The steps {string.Join(", ", left.Select(step => $"'{step.Name}'"))} of ensemble '{_name}' wait for each other.");
            foreach (var step in level)
            {
                done.Add(step.Name);
                left.Remove(step);
            }

            levels.Add(level);
        }

        return [.. levels];
    }

    private static TensorSpec Describe(TensorSpec output, IReadOnlyList<EnsembleStep> steps)
    {
        foreach (var step in steps)
        {
            foreach (var (inner, value) in step.Gives)
            {
                if (value == output.Name && step.Runtime?.Outputs.FirstOrDefault(spec => spec.Name == inner) is { } spec)
                    return spec with { Name = output.Name };
            }
        }

        return output;
    }
}
