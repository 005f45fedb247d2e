using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace MlOps.Orchestration;

/// <summary>
/// Makes a pipeline with the services of one environment: each constructor parameter is asked for under the environment's name
/// first, then without a key. What would lead to another environment is refused.
/// </summary>
internal static class PipelineActivator
{
    public static IPipeline Create(
        IServiceProvider services, IMlOpsEnvironment environment, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type type)
    {
        var constructors = type.GetConstructors();
        var constructor = constructors.Length == 1
            ? constructors[0]
            : constructors.SingleOrDefault(candidate => candidate.IsDefined(typeof(ActivatorUtilitiesConstructorAttribute), false))
                ?? throw new InvalidDefinitionException(
                    $"Pipeline {type.Name} has {constructors.Length} public constructors: keep one, or mark one with [ActivatorUtilitiesConstructor].");
        var parameters = constructor.GetParameters();
        var values = new object?[parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
            values[i] = Resolve(services, environment, type, parameters[i]);
        try
        {
            return (IPipeline)constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, values, null);
        }
        catch (Exception error) when (error is not MlOpsException)
        {
            throw new InvalidDefinitionException($"Pipeline {type.Name} could not be made for environment '{environment.Name}': {error.Message}", error);
        }
    }

    // Hosts are known by name only: orchestration does not depend on hosting.
    private static bool LeadsEverywhere(Type wanted) =>
        wanted == typeof(IServiceProvider) || wanted == typeof(IKeyedServiceProvider) || wanted == typeof(IServiceScopeFactory) || wanted == typeof(IMlOpsEnvironments) ||
        wanted.FullName is "Microsoft.Extensions.Hosting.IHost";

    private static object? Resolve(IServiceProvider services, IMlOpsEnvironment environment, Type pipeline, ParameterInfo parameter)
    {
        var wanted = parameter.ParameterType;
        if (wanted == typeof(IMlOpsEnvironment))
            return environment;
        if (wanted == typeof(EnvironmentContext))
            return environment.Context;
        if (LeadsEverywhere(wanted))
        {
            throw new EnvironmentIsolationException(
                $"Pipeline {pipeline.Name} asks for {wanted.Name} ('{parameter.Name}'), which leads to every environment; it runs in '{environment.Name}' only. " +
                $"Take {nameof(IMlOpsEnvironment)}, or the services themselves.");
        }

        // A key of null would mean the default environment's service; it means this environment's.
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { Key: not null } keyed)
        {
            if (ReferenceEquals(keyed.Key, KeyedService.AnyKey))
            {
                throw new EnvironmentIsolationException(
                    $"Pipeline {pipeline.Name} asks for {wanted.Name} ('{parameter.Name}') under any key, which would be the services of every environment. Remove the attribute.");
            }

            if (keyed.Key is string name && !string.Equals(name, environment.Name, StringComparison.OrdinalIgnoreCase) &&
                services.GetKeyedService<EnvironmentContext>(name.ToLowerInvariant()) is not null)
            {
                throw new EnvironmentIsolationException(
                    $"Pipeline {pipeline.Name} asks for {wanted.Name} ('{parameter.Name}') of environment '{name}', but runs in '{environment.Name}'. " +
                    "Remove [FromKeyedServices]: a pipeline receives its own environment's services.");
            }

            return ((IKeyedServiceProvider)services).GetRequiredKeyedService(wanted, keyed.Key);
        }

        var value = ((IKeyedServiceProvider)services).GetKeyedService(wanted, environment.Name) ?? services.GetService(wanted);
        if (value is not null || parameter.HasDefaultValue)
            return value ?? parameter.DefaultValue;
        throw new InvalidDefinitionException(
            $"Pipeline {pipeline.Name} asks for {wanted.Name} ('{parameter.Name}'), which is registered neither for environment '{environment.Name}' nor without a key. Register it.");
    }
}
