using MlOps.Orchestration;
using MlOps.Registry;

namespace MlOps;

/// <summary>Steps in a row: each takes the output of the one before.</summary>
/// <typeparam name="T">The output of the last step so far.</typeparam>
public sealed class PipelineChain<T>
{
    private readonly PipelineBuilder<Done> _builder;
    private readonly PipelineCompilation _compilation;

    internal PipelineChain(PipelineBuilder<Done> builder, PipelineCompilation compilation, StepHandle<T> last)
    {
        _builder = builder;
        _compilation = compilation;
        Last = last;
    }

    /// <summary>The handle of the last step's output, for wiring beyond the chain.</summary>
    public StepHandle<T> Last { get; }

    /// <summary>Adds a step.</summary>
    /// <typeparam name="TOut">Its output.</typeparam>
    /// <param name="name">Its name, unique within the pipeline.</param>
    /// <param name="run">Its code.</param>
    /// <param name="configure">How it runs.</param>
    /// <returns>The longer chain.</returns>
    public PipelineChain<TOut> Then<TOut>(string name, Func<StepContext, T, CancellationToken, Task<TOut>> run, Action<StepBuilder>? configure = null) =>
        new(_builder, _compilation, _builder.Step(name, Last, run, configure));

    /// <summary>Goes on only when the last output satisfies a condition.</summary>
    /// <param name="predicate">The question.</param>
    /// <param name="then">Adds the steps for yes.</param>
    /// <param name="otherwise">Adds the steps for no.</param>
    /// <param name="name">The decision's name; null takes the last step's name and <c>?</c>.</param>
    /// <returns>The chain as it was before the condition.</returns>
    public PipelineChain<T> When(Func<T, bool> predicate, Action<PipelineChain<T>> then, Action<PipelineChain<T>>? otherwise = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(then);
        _builder.When(name ?? _compilation.NameOf(Last.Index) + "?", Last, predicate, () => then(this), otherwise is null ? null : () => otherwise(this));
        return this;
    }

    /// <summary>
    /// Registers a model version, at most once per run: the run and step are the registration's key. The version names the run
    /// that made it and, in a retraining for a promotion, the version that it stands for.
    /// </summary>
    /// <param name="draft">The version; its <see cref="ModelVersionDraft.Key"/> and empty run and provenance are filled in.</param>
    /// <param name="name">The step's name.</param>
    /// <returns>The chain, which now carries the registered version.</returns>
    public PipelineChain<ModelVersionRef> Register(Func<T, ModelVersionDraft> draft, string name = "register")
    {
        ArgumentNullException.ThrowIfNull(draft);
        return Then(name, async (context, value, token) => await context.RegisterAsync(draft(value), token).ConfigureAwait(false), step => step.NoCache());
    }

    /// <summary>Asks for the promotion of the model version that the chain carries; a refusal fails the step.</summary>
    /// <param name="environment">The environment to promote to.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="name">The step's name; null takes <c>promote-to-</c> and the environment.</param>
    /// <returns>The chain.</returns>
    /// <exception cref="InvalidDefinitionException">The chain does not carry a model version.</exception>
    public PipelineChain<T> PromoteTo(string environment, PromotionOptions? options = null, string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(environment);
        if (typeof(T) != typeof(ModelVersionRef))
        {
            throw new InvalidDefinitionException(
                $"PromoteTo(\"{environment}\") follows a step that yields {typeof(T).Name}; it takes a {nameof(ModelVersionRef)}. Call Register(...) before it.");
        }

        _builder.Step(name ?? "promote-to-" + environment, Last, async (context, value, token) =>
        {
            var request = (options ?? new PromotionOptions()) with { Key = options?.Key ?? context.IdempotencyKey };
            var record = await context.Environment.Get<IPromotions>().PromoteAsync((ModelVersionRef)(object)value!, environment, request, token).ConfigureAwait(false);
            return record.Id;
        }, step => step.NoCache());
        return this;
    }
}
