using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MlOps;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds machine-learning infrastructure to a host.</summary>
public static class MlOpsServiceCollectionExtensions
{
    /// <summary>Adds MlOps with its defaults: one environment, <c>sandbox</c>, under the folder <c>mlops</c>; environments may be declared by code.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the options.</param>
    /// <returns>A builder to declare environments, features, models and pipelines. A second call returns the first's.</returns>
    public static IMlOpsBuilder AddMlOps(this IServiceCollection services, Action<MlOpsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = MlOpsBuilder.GetOrAdd(services);
        if (configure is not null)
        {
            var declaredByCode = new MlOpsOptions();
            configure(declaredByCode);
            foreach (var name in declaredByCode.Environments.Keys.Where(name => EnvironmentNames.IsValid(name.ToLowerInvariant())))
                builder.Declared.Declare(name, null);
            services.Configure(configure);
        }

        return builder;
    }

    /// <summary>Adds MlOps with the environments of the section <see cref="MlOpsOptions.SectionName"/> (or of the section itself, when it is passed).</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration, or its <c>MlOps</c> section.</param>
    /// <returns>A builder to declare environments, features, models and pipelines. A second call returns the first's.</returns>
    public static IMlOpsBuilder AddMlOps(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration is IConfigurationSection { Key: MlOpsOptions.SectionName } self
            ? self
            : configuration.GetSection(MlOpsOptions.SectionName);
        var builder = MlOpsBuilder.GetOrAdd(services);
        foreach (var child in section.GetSection(nameof(MlOpsOptions.Environments)).GetChildren()
                     .Where(child => EnvironmentNames.IsValid(child.Key.ToLowerInvariant())))
            builder.Declared.Declare(child.Key, null);
        services.AddOptions<MlOpsOptions>().Bind(section);
        return builder;
    }
}
