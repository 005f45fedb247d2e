using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Orchestration;

namespace MlOps;

/// <summary>Declares pipelines, triggers and gates.</summary>
public static class OrchestrationBuilderExtensions
{
    /// <summary>
    /// Registers a pipeline for every environment of the host. One instance is made per environment; each constructor parameter is looked up
    /// under the environment's name first, then without a key. <see cref="IMlOpsEnvironment"/> and <see cref="EnvironmentContext"/> are the
    /// environment's own. Parameters that would lead to another environment are refused.
    /// </summary>
    /// <typeparam name="TPipeline">The pipeline; it has one public constructor, or one marked <see cref="ActivatorUtilitiesConstructorAttribute"/>.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddPipeline<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TPipeline>(this IMlOpsBuilder builder)
        where TPipeline : class, IPipeline
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(new PipelineRegistration(
            typeof(TPipeline), (services, environment) => PipelineActivator.Create(services, environment, typeof(TPipeline))));
        return builder;
    }

    /// <summary>Registers a pipeline that a delegate makes, once per environment.</summary>
    /// <typeparam name="TPipeline">The pipeline.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="create">Makes it for an environment.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddPipeline<TPipeline>(this IMlOpsBuilder builder, Func<IMlOpsEnvironment, TPipeline> create)
        where TPipeline : class, IPipeline
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.AddSingleton(new PipelineRegistration(typeof(TPipeline), (_, environment) => create(environment)));
        return builder;
    }

    /// <summary>Starts a pipeline when something happens.</summary>
    /// <typeparam name="TPipeline">The pipeline, registered as well.</typeparam>
    /// <typeparam name="TInput">Its parameters.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="trigger">What it listens to.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidDefinitionException">The trigger is wrong; all mistakes are listed.</exception>
    public static IMlOpsBuilder AddPipelineTrigger<TPipeline, TInput>(this IMlOpsBuilder builder, EventTrigger<TInput> trigger)
        where TPipeline : class, IPipeline<TInput>
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(TriggerRegistration.From<TPipeline, TInput>(trigger));
        return builder;
    }

    /// <summary>Adds a gate of one's own to the promotions into an environment.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="environment">The environment promoted to.</param>
    /// <param name="name">The gate's name.</param>
    /// <param name="evaluate">Judges a version; it only reads, and may be asked again.</param>
    /// <returns>The builder.</returns>
    public static IMlOpsBuilder AddPromotionGate(
        this IMlOpsBuilder builder, string environment, string name, Func<PromotionGateContext, CancellationToken, ValueTask<GateResult>> evaluate)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(evaluate);
        builder.Services.AddKeyedSingleton<IPromotionGate>(EnvironmentNames.Normalise(environment), new DelegateGate(name, evaluate));
        return builder;
    }
}
