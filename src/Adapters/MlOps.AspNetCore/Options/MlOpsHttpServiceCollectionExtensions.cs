using Microsoft.Extensions.DependencyInjection.Extensions;
using MlOps.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what serving over HTTP needs beside its routes.</summary>
public static class MlOpsHttpServiceCollectionExtensions
{
    /// <summary>Sets options of <c>app.MapMlOps()</c> by code, and lets a stopping host answer for <see cref="MlOpsHttpOptions.DrainTime"/>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the options, after the configuration was read.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddMlOpsHttp(this IServiceCollection services, Action<MlOpsHttpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<MlOpsHttpOptions>().BindConfiguration(MlOpsHttpOptions.SectionName);
        if (configure is not null)
            services.PostConfigure(configure);
        services.TryAddSingleton<Draining>();
        services.AddHostedService<DrainService>();
        return services;
    }
}
