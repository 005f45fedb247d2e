using Microsoft.ML.OnnxRuntime;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// A model that carries state from call to call: what it gave under one name it takes under another at the next call. One caller at a time
/// (others wait); any number of sessions may share a model. The model must outlive the session.
/// </summary>
public sealed class StatefulSession : IDisposable
{
    private readonly IModelRuntime _model;
    private readonly Dictionary<string, string> _states;
    private readonly Dictionary<string, ModelValue> _initial;
    private readonly Dictionary<string, FlowValue> _current = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>Begins with the initial state.</summary>
    /// <param name="model">The model.</param>
    /// <param name="states">The input that takes a state and the output that gives it.</param>
    /// <param name="batch">What dimensions of states are that the model leaves open.</param>
    /// <param name="initial">The initial states by input; those left out are zeros.</param>
    /// <exception cref="InvalidDefinitionException">The model has no such input or output.</exception>
    public StatefulSession(IModelRuntime model, IReadOnlyDictionary<string, string> states, int batch = 1, IReadOnlyDictionary<string, ModelValue>? initial = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(states);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        (_model, _states) = (model, new Dictionary<string, string>(states, StringComparer.Ordinal));
        _initial = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
        foreach (var (input, output) in _states)
        {
            var spec = model.Inputs.FirstOrDefault(candidate => candidate.Name == input) ??
                throw new InvalidDefinitionException($"The model has no input '{input}' to take a state. {NearestNames.Describe(input, model.Inputs.Select(candidate => candidate.Name))}");
            if (!model.Outputs.Any(candidate => candidate.Name == output))
                throw new InvalidDefinitionException($"The model has no output '{output}' to give a state. {NearestNames.Describe(output, model.Outputs.Select(candidate => candidate.Name))}");
            _initial[input] = initial?.GetValueOrDefault(input) ?? Zeros(spec, batch);
        }

        foreach (var name in initial?.Keys ?? [])
        {
            if (!_states.ContainsKey(name))
                throw new InvalidDefinitionException($"'{name}' is no state. {NearestNames.Describe(name, _states.Keys)}");
        }

        Reset();
    }

    /// <summary>Runs the model on inputs and the state, and keeps the new state. When it fails, the state is what it was.</summary>
    /// <param name="inputs">The inputs besides the states.</param>
    /// <param name="cancellationToken">Ends the run early where the model can.</param>
    /// <returns>The outputs besides the states.</returns>
    /// <exception cref="InvalidInputException">An input is missing, unknown, or of a wrong type or shape.</exception>
    public IReadOnlyDictionary<string, ModelValue> Run(IReadOnlyDictionary<string, ModelValue> inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (var name in inputs.Keys)
        {
            if (_states.ContainsKey(name))
                throw new InvalidInputException($"'{name}' is a state, which the session itself gives to the model.");
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _model is OnnxModelRuntime native ? RunNative(native, inputs, cancellationToken) : RunManaged(inputs, cancellationToken);
        }
    }

    /// <summary>Goes back to the initial state.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (var (input, value) in _initial)
                Replace(input, new FlowValue(value, null));
        }
    }

    /// <summary>A copy of a state as it is now.</summary>
    /// <param name="input">The input that takes it.</param>
    /// <returns>The state.</returns>
    /// <exception cref="InvalidInputException">There is no such state.</exception>
    public ModelValue State(string input)
    {
        ArgumentNullException.ThrowIfNull(input);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _current.TryGetValue(input, out var state) ? state.Take(input) : throw new InvalidInputException($"'{input}' is no state. {NearestNames.Describe(input, _states.Keys)}");
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var state in _current.Values)
                state.Dispose();
        }
    }

    // The state stays in ONNX Runtime's memory: it is not copied from call to call.
    private Dictionary<string, ModelValue> RunNative(OnnxModelRuntime model, IReadOnlyDictionary<string, ModelValue> inputs, CancellationToken cancellationToken)
    {
        model.CheckSome(inputs);
        using var native = new OnnxInputs();
        foreach (var (name, value) in inputs)
            native.Add(name, value);
        foreach (var (name, state) in _current)
            state.AddTo(native, name);
        model.RequireInputs(native.Names);
        var wanted = model.Wanted(null);
        var results = model.RunNative(native, wanted, cancellationToken);
        var outputs = new Dictionary<string, ModelValue>(StringComparer.Ordinal);
        var kept = new HashSet<OrtValue>();
        try
        {
            for (var i = 0; i < wanted.Count; i++)
            {
                if (!_states.ContainsValue(wanted[i]))
                    outputs.Add(wanted[i], OnnxValues.FromOnnx(wanted[i], results[i]));
            }

            foreach (var (input, output) in _states)
            {
                var value = results[wanted.ToList().IndexOf(output)];
                if (kept.Add(value))
                    Replace(input, new FlowValue(null, value));
                else
                    Replace(input, new FlowValue(OnnxValues.FromOnnx(output, value), null));
            }

            return outputs;
        }
        finally
        {
            for (var i = 0; i < wanted.Count; i++)
            {
                if (!kept.Contains(results[i]))
                    results[i].Dispose();
            }
        }
    }

    private Dictionary<string, ModelValue> RunManaged(IReadOnlyDictionary<string, ModelValue> inputs, CancellationToken cancellationToken)
    {
        var all = new Dictionary<string, ModelValue>(inputs, StringComparer.Ordinal);
        foreach (var (name, state) in _current)
            all[name] = state.View(name);
        var results = _model.Run(all, null, cancellationToken);
        foreach (var (input, output) in _states)
            Replace(input, new FlowValue(results[output], null));
        return results.Where(result => !_states.ContainsValue(result.Key)).ToDictionary(result => result.Key, result => result.Value, StringComparer.Ordinal);
    }

    private void Replace(string input, FlowValue value)
    {
        if (_current.TryGetValue(input, out var former))
            former.Dispose();
        _current[input] = value;
    }

    private static TensorValue Zeros(TensorSpec spec, int batch)
    {
        if (!Enum.TryParse<TensorType>(spec.ElementType, ignoreCase: true, out var type))
            throw new InvalidDefinitionException($"State '{spec.Name}' is {spec.ElementType}, not a tensor: give its initial value.");
        return TensorValue.Zeros(type, [.. spec.Shape.Select(dimension => int.TryParse(dimension, System.Globalization.CultureInfo.InvariantCulture, out var size) ? size : batch)]);
    }
}
