using System.Text.Json.Serialization.Metadata;
using MlOps.Orchestration;

namespace MlOps;

/// <summary>
/// Takes the steps of a pipeline. Steps are wired by the handles that declaring them returns, so a wrong wiring does not compile.
/// A step's output is a small value that System.Text.Json can write and read; large data pass as <see cref="ArtifactRef"/>.
/// </summary>
/// <typeparam name="TInput">The parameters of a run.</typeparam>
public sealed class PipelineBuilder<TInput>
{
    private readonly PipelineCompilation _compilation;

    internal PipelineBuilder(PipelineCompilation compilation) => _compilation = compilation;

    /// <summary>The run's input.</summary>
    public StepHandle<TInput> Input => new(_compilation, PipelineCompilation.InputIndex);

    /// <summary>
    /// Adds a source-generated JSON context for the types of this pipeline. Without one, types go by reflection where the host
    /// allows it (not in trimmed or AOT-compiled hosts).
    /// </summary>
    /// <param name="resolver">The context, for instance <c>MyJsonContext.Default</c>.</param>
    /// <returns>This.</returns>
    public PipelineBuilder<TInput> Json(IJsonTypeInfoResolver resolver)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        _compilation.AddResolver(resolver);
        return this;
    }

    /// <summary>A step that takes the run's input.</summary>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="run">Its code. It may run again after a crash: use <see cref="StepContext.IdempotencyKey"/> for effects outside.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The handle of its output.</returns>
    public StepHandle<TOut> Step<TOut>(string name, Func<StepContext, TInput, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null) =>
        Step(name, Input, run, configure);

    /// <summary>A step that takes one output.</summary>
    /// <typeparam name="T1">What it takes.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="first">The upstream step.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The handle of its output.</returns>
    public StepHandle<TOut> Step<T1, TOut>(
        string name, StepHandle<T1> first, Func<StepContext, T1, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _compilation.Add<TOut>(name, StepKind.Step, [_compilation.Use(name, first)], configure, async (json, context, inputs, token) =>
            json.Write(await run(context, json.Read<T1>(inputs[0]), token).ConfigureAwait(false)));
    }

    /// <summary>A step that takes one output and yields nothing.</summary>
    /// <typeparam name="T1">What it takes.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="first">The upstream step.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>A handle to wait for.</returns>
    public StepHandle<Done> Step<T1>(
        string name, StepHandle<T1> first, Func<StepContext, T1, CancellationToken, Task> run, Action<StepBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _compilation.Add<Done>(name, StepKind.Step, [_compilation.Use(name, first)], configure, async (json, context, inputs, token) =>
        {
            await run(context, json.Read<T1>(inputs[0]), token).ConfigureAwait(false);
            return "{}";
        });
    }

    /// <summary>A step that takes two outputs.</summary>
    /// <typeparam name="T1">What it takes first.</typeparam>
    /// <typeparam name="T2">What it takes second.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="first">The first upstream step.</param>
    /// <param name="second">The second upstream step.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The handle of its output.</returns>
    public StepHandle<TOut> Step<T1, T2, TOut>(
        string name, StepHandle<T1> first, StepHandle<T2> second,
        Func<StepContext, T1, T2, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _compilation.Add<TOut>(name, StepKind.Step, [_compilation.Use(name, first), _compilation.Use(name, second)], configure,
            async (json, context, inputs, token) =>
                json.Write(await run(context, json.Read<T1>(inputs[0]), json.Read<T2>(inputs[1]), token).ConfigureAwait(false)));
    }

    /// <summary>A step that takes three outputs.</summary>
    /// <typeparam name="T1">What it takes first.</typeparam>
    /// <typeparam name="T2">What it takes second.</typeparam>
    /// <typeparam name="T3">What it takes third.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="first">The first upstream step.</param>
    /// <param name="second">The second upstream step.</param>
    /// <param name="third">The third upstream step.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The handle of its output.</returns>
    public StepHandle<TOut> Step<T1, T2, T3, TOut>(
        string name, StepHandle<T1> first, StepHandle<T2> second, StepHandle<T3> third,
        Func<StepContext, T1, T2, T3, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _compilation.Add<TOut>(name, StepKind.Step,
            [_compilation.Use(name, first), _compilation.Use(name, second), _compilation.Use(name, third)], configure,
            async (json, context, inputs, token) => json.Write(
                await run(context, json.Read<T1>(inputs[0]), json.Read<T2>(inputs[1]), json.Read<T3>(inputs[2]), token).ConfigureAwait(false)));
    }

    /// <summary>A step that takes four outputs.</summary>
    /// <typeparam name="T1">What it takes first.</typeparam>
    /// <typeparam name="T2">What it takes second.</typeparam>
    /// <typeparam name="T3">What it takes third.</typeparam>
    /// <typeparam name="T4">What it takes fourth.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="first">The first upstream step.</param>
    /// <param name="second">The second upstream step.</param>
    /// <param name="third">The third upstream step.</param>
    /// <param name="fourth">The fourth upstream step.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The handle of its output.</returns>
    public StepHandle<TOut> Step<T1, T2, T3, T4, TOut>(
        string name, StepHandle<T1> first, StepHandle<T2> second, StepHandle<T3> third, StepHandle<T4> fourth,
        Func<StepContext, T1, T2, T3, T4, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _compilation.Add<TOut>(name, StepKind.Step,
            [_compilation.Use(name, first), _compilation.Use(name, second), _compilation.Use(name, third), _compilation.Use(name, fourth)], configure,
            async (json, context, inputs, token) => json.Write(await run(
                context, json.Read<T1>(inputs[0]), json.Read<T2>(inputs[1]), json.Read<T3>(inputs[2]), json.Read<T4>(inputs[3]), token).ConfigureAwait(false)));
    }

    /// <summary>A step that takes the same kind of output from any number of steps.</summary>
    /// <typeparam name="T">What it takes.</typeparam>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="upstream">The upstream steps.</param>
    /// <param name="run">Its code; the outputs come in the order of <paramref name="upstream"/>.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The handle of its output.</returns>
    public StepHandle<TOut> Step<T, TOut>(
        string name, IReadOnlyList<StepHandle<T>> upstream, Func<StepContext, IReadOnlyList<T>, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        ArgumentNullException.ThrowIfNull(run);
        return _compilation.Add<TOut>(name, StepKind.Step, [.. upstream.Select(handle => _compilation.Use(name, handle))], configure,
            async (json, context, inputs, token) =>
                json.Write(await run(context, Array.ConvertAll(inputs, json.Read<T>), token).ConfigureAwait(false)));
    }

    /// <summary>Runs one of two groups of steps by an outcome. The answer is stored, so a resumed run takes the same branch; the steps of the other are recorded as skipped.</summary>
    /// <typeparam name="T">The outcome.</typeparam>
    /// <param name="name">The decision's name, unique within the pipeline.</param>
    /// <param name="outcome">The step that yields the outcome.</param>
    /// <param name="predicate">The question.</param>
    /// <param name="then">Declares the steps for yes.</param>
    /// <param name="otherwise">Declares the steps for no.</param>
    /// <returns>The handle of the answer.</returns>
    public StepHandle<bool> When<T>(string name, StepHandle<T> outcome, Func<T, bool> predicate, Action then, Action? otherwise = null)
    {
        ArgumentNullException.ThrowIfNull(then);
        var decision = Decide(name, outcome, predicate);
        _compilation.InBranch(decision.Index, true, then);
        if (otherwise is not null)
            _compilation.InBranch(decision.Index, false, otherwise);
        return decision;
    }

    /// <summary>Runs one of two groups of steps by an outcome, and goes on with the output of the one that ran.</summary>
    /// <typeparam name="T">The outcome.</typeparam>
    /// <typeparam name="TOut">What both groups yield.</typeparam>
    /// <param name="name">The name of the choice; the decision is named after it with <c>?</c>.</param>
    /// <param name="outcome">The step that yields the outcome.</param>
    /// <param name="predicate">The question.</param>
    /// <param name="then">Declares the steps for yes and returns the last.</param>
    /// <param name="otherwise">Declares the steps for no and returns the last.</param>
    /// <returns>The handle of the joined output.</returns>
    public StepHandle<TOut> Choose<T, TOut>(
        string name, StepHandle<T> outcome, Func<T, bool> predicate, Func<StepHandle<TOut>> then, Func<StepHandle<TOut>> otherwise)
    {
        ArgumentNullException.ThrowIfNull(then);
        ArgumentNullException.ThrowIfNull(otherwise);
        var decision = Decide(name + "?", outcome, predicate);
        StepHandle<TOut> yes = default, no = default;
        _compilation.InBranch(decision.Index, true, () => yes = then());
        _compilation.InBranch(decision.Index, false, () => no = otherwise());
        return Join(name, yes, no);
    }

    /// <summary>Takes the output of the first of several steps that was not skipped; skipped itself when all were.</summary>
    /// <typeparam name="T">What the steps yield.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="branches">The steps, in order of preference.</param>
    /// <returns>The handle of the output.</returns>
    public StepHandle<T> Join<T>(string name, params StepHandle<T>[] branches)
    {
        ArgumentNullException.ThrowIfNull(branches);
        return _compilation.Add<T>(name, StepKind.Join, [.. branches.Select(branch => _compilation.Use(name, branch))], null,
            static (_, _, inputs, _) => Task.FromResult(inputs[0]));
    }

    /// <summary>Begins a chain: each step takes the output of the one before.</summary>
    /// <typeparam name="TOut">The first step's output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The chain.</returns>
    public PipelineChain<TOut> Then<TOut>(string name, Func<StepContext, TInput, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null) =>
        new(new PipelineBuilder<Done>(_compilation), _compilation, Step(name, run, configure));

    private StepHandle<bool> Decide<T>(string name, StepHandle<T> outcome, Func<T, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return _compilation.Add<bool>(name, StepKind.Decision, [_compilation.Use(name, outcome)], null,
            (json, _, inputs, _) => Task.FromResult(predicate(json.Read<T>(inputs[0])) ? "true" : "false"));
    }
}
