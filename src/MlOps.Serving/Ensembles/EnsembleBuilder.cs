using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>
/// Describes a pipeline of models and functions: a graph of steps over named values. Steps may be added in any order; those that do not
/// depend on each other run at once.
/// </summary>
/// <param name="name">The ensemble's name for messages.</param>
public sealed class EnsembleBuilder(string name)
{
    private readonly List<TensorSpec> _inputs = [];
    private readonly List<TensorSpec> _outputs = [];
    private readonly List<Draft> _steps = [];

    /// <summary>The ensemble's name.</summary>
    public string Name { get; } = name;

    /// <summary>Adds an input.</summary>
    /// <param name="input">Its name, element type and shape; <see cref="TensorSpec.ElementType"/> and shape are checked when a request comes.</param>
    /// <returns>This builder.</returns>
    public EnsembleBuilder Input(TensorSpec input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _inputs.Add(input);
        return this;
    }

    /// <summary>Adds an input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">One entry per dimension: a number, or a symbol for one that varies.</param>
    /// <returns>This builder.</returns>
    public EnsembleBuilder Input(string name, TensorType type, params string[] shape) => Input(new TensorSpec(name, type.ToString().ToLowerInvariant(), shape));

    /// <summary>Adds a loaded model as a step.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="model">The model.</param>
    /// <param name="connect">Where its inputs come from and what its outputs are called; null keeps all names.</param>
    /// <param name="owned">Whether the ensemble disposes the model.</param>
    /// <returns>This builder.</returns>
    public EnsembleBuilder Model(string step, IModelRuntime model, Action<EnsembleStepBuilder>? connect = null, bool owned = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Add(step, connect, model, default, null, owned);
    }

    /// <summary>Adds a version of the environment's registry as a step; it is loaded with the ensemble.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="connect">Where its inputs come from and what its outputs are called; null keeps all names.</param>
    /// <returns>This builder.</returns>
    public EnsembleBuilder Model(string step, ModelVersionRef version, Action<EnsembleStepBuilder>? connect = null) => Add(step, connect, null, version, null, owned: true);

    /// <summary>Adds a function as a step.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="function">The function.</param>
    /// <param name="connect">Its inputs and outputs; all must be said.</param>
    /// <returns>This builder.</returns>
    public EnsembleBuilder Function(string step, TensorFunction function, Action<EnsembleStepBuilder> connect)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(connect);
        return Add(step, connect, null, default, function, owned: false);
    }

    /// <summary>Makes a value an output of the ensemble.</summary>
    /// <param name="value">The value's name.</param>
    /// <param name="type">Its element type when the step that gives it does not say so.</param>
    /// <param name="shape">Its shape when the step that gives it does not say so.</param>
    /// <returns>This builder.</returns>
    public EnsembleBuilder Output(string value, TensorType type = TensorType.Float, params string[] shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _outputs.Add(new TensorSpec(value, type.ToString().ToLowerInvariant(), shape));
        return this;
    }

    /// <summary>Makes the ensemble of models that are all loaded.</summary>
    /// <returns>The ensemble as a model; dispose it.</returns>
    /// <exception cref="InvalidDefinitionException">The graph is wrong: a value without a source or with two, a circle, an unknown input or output.</exception>
    public IModelRuntime Build()
    {
        var version = _steps.Find(step => step.Version != default);
        if (version is not null)
            throw new InvalidDefinitionException($"Step '{version.Name}' of ensemble '{Name}' is version {version.Version}, which an environment must load: register the ensemble, or give the step a loaded model.");
        return Assemble([.. _steps.Select(step => step.Model)]);
    }

    /// <summary>Makes the ensemble, loading its versions.</summary>
    internal async ValueTask<IModelRuntime> BuildAsync(Func<ModelVersionRef, CancellationToken, ValueTask<IModelRuntime>> load, CancellationToken cancellationToken)
    {
        var models = new IModelRuntime?[_steps.Count];
        try
        {
            for (var i = 0; i < models.Length; i++)
                models[i] = _steps[i].Version == default ? _steps[i].Model : await load(_steps[i].Version, cancellationToken).ConfigureAwait(false);
            return Assemble(models);
        }
        catch
        {
            for (var i = 0; i < models.Length; i++)
            {
                if (_steps[i].Owned)
                    models[i]?.Dispose();
            }

            throw;
        }
    }

    private IModelRuntime Assemble(IModelRuntime?[] models)
    {
        var steps = new EnsembleStep[models.Length];
        for (var i = 0; i < steps.Length; i++)
        {
            var (draft, model) = (_steps[i], models[i]);
            var (takes, gives) = (draft.Connections.Takes, draft.Connections.Gives);
            if (model is not null)
            {
                CheckNames(draft.Name, "input", takes.Keys, model.Inputs);
                CheckNames(draft.Name, "output", gives.Keys, model.Outputs);
                foreach (var output in gives.Count == 0 ? model.Outputs : [])
                    gives.Add(output.Name, output.Name);
                foreach (var input in model.Inputs)
                {
                    // An input that nothing feeds may be optional: the model says so itself when it runs.
                    if (!takes.ContainsKey(input.Name) && IsValue(input.Name))
                        takes.Add(input.Name, input.Name);
                }
            }
            else if (gives.Count == 0)
            {
                throw new InvalidDefinitionException($"Step '{draft.Name}' of ensemble '{Name}' is a function: say its outputs by Give.");
            }

            steps[i] = new EnsembleStep(draft.Name, model, draft.Function, takes, gives);
        }

        var owned = new List<IModelRuntime>();
        for (var i = 0; i < models.Length; i++)
        {
            if (models[i] is { } model && _steps[i].Owned && !owned.Contains(model))
                owned.Add(model);
        }

        return new EnsembleRuntime(Name, _inputs, _outputs, steps, owned);
    }

    private bool IsValue(string value) => _inputs.Exists(input => input.Name == value) || _steps.Exists(step => step.Connections.Gives.ContainsValue(value));

    private void CheckNames(string step, string kind, IEnumerable<string> names, IReadOnlyList<TensorSpec> known)
    {
        foreach (var unknown in names.Where(name => !known.Any(spec => spec.Name == name)))
            throw new InvalidDefinitionException($"The model of step '{step}' of ensemble '{Name}' has no {kind} '{unknown}'. {NearestNames.Describe(unknown, known.Select(spec => spec.Name))}");
    }

    private EnsembleBuilder Add(string step, Action<EnsembleStepBuilder>? connect, IModelRuntime? model, ModelVersionRef version, TensorFunction? function, bool owned)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        if (_steps.Exists(other => other.Name == step))
            throw new InvalidDefinitionException($"Ensemble '{Name}' has two steps '{step}'.");
        var connections = new EnsembleStepBuilder();
        connect?.Invoke(connections);
        _steps.Add(new Draft(step, model, version, function, owned, connections));
        return this;
    }

    private sealed record Draft(string Name, IModelRuntime? Model, ModelVersionRef Version, TensorFunction? Function, bool Owned, EnsembleStepBuilder Connections);
}
