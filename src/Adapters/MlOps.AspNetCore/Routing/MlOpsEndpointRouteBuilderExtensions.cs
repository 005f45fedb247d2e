using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MlOps;
using MlOps.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves endpoints and model versions over HTTP.</summary>
public static class MlOpsEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the Open Inference Protocol v2 for the declared environments: the default one at <c>/v2</c>, others at
    /// <c>/environments/NAME/v2</c>. Outside Development nobody is answered without an API key.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="configure">Changes the options, after the configuration was read.</param>
    /// <returns>A builder for conventions of all routes, for instance <c>RequireAuthorization()</c>.</returns>
    /// <exception cref="InvalidDefinitionException">An option is wrong, or two environments would have the same addresses.</exception>
    /// <exception cref="UnknownEnvironmentException">An environment is named that is not declared.</exception>
    public static IEndpointConventionBuilder MapMlOps(this IEndpointRouteBuilder endpoints, Action<MlOpsHttpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        var environments = services.GetService<IMlOpsEnvironments>()
            ?? throw new InvalidDefinitionException("MapMlOps() needs environments: call builder.Services.AddMlOps() first.");
        var configuration = services.GetService<IConfiguration>();
        var options = services.GetRequiredService<IOptions<MlOpsHttpOptions>>().Value;
        if (services.GetService<Draining>() is null)
            configuration?.GetSection(MlOpsHttpOptions.SectionName).Bind(options); // otherwise AddMlOpsHttp did
        configure?.Invoke(options);
        Check(options);
        var isDevelopment = services.GetService<IHostEnvironment>()?.IsDevelopment() == true;
        var draining = services.GetService<Draining>() ?? new Draining(services.GetRequiredService<IHostApplicationLifetime>());
        var hosts = new HostList(options.AllowedHosts, options.AllowedOrigins);
        var logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("MlOps.AspNetCore");
        var all = endpoints.MapGroup("");
        var prefixes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var chosen = options.Environments.Count == 0 ? environments : options.Environments.Keys.Select(name => environments[name]);
        foreach (var environment in chosen)
        {
            var settings = options.Environments.GetValueOrDefault(environment.Name) ?? new HttpEnvironmentOptions();
            configuration?.GetSection($"MlOps:Environments:{environment.Name}:Http").Bind(settings);
            var prefix = (settings.Prefix ?? (environment == environments.Default ? "" : $"/environments/{environment.Name}")).TrimEnd('/');
            if (prefix.Contains('{', StringComparison.Ordinal) || (prefix.Length > 0 && prefix[0] != '/'))
                throw new InvalidDefinitionException($"The prefix '{prefix}' of environment '{environment.Name}' is not allowed: it begins with '/' and has no parameters.");
            if (!prefixes.TryAdd(prefix, environment.Name))
                throw new InvalidDefinitionException($"Environments '{prefixes[prefix]}' and '{environment.Name}' would both be served under '{prefix}/v2': give one of them another HttpEnvironmentOptions.Prefix.");
            var guard = new RouteGuard(hosts, new KeyTable(environment.Name, settings, isDevelopment), draining);
            new EnvironmentRoutes(all.MapGroup(prefix), new ServedEnvironment(environment), guard, draining, options, logger).Map();
        }

        return all;
    }

    private static void Check(MlOpsHttpOptions options)
    {
        (string Name, long Value, long Least, long Most)[] bounds =
        [
            (nameof(options.MaximumBodyBytes), options.MaximumBodyBytes, 1024, 1 << 30),
            (nameof(options.MaximumElements), options.MaximumElements, 1, 1 << 28),
            (nameof(options.MaximumTensors), options.MaximumTensors, 1, 4096),
            (nameof(options.MaximumDepth), options.MaximumDepth, 4, 64),
        ];
        foreach (var (name, value, least, most) in bounds)
        {
            if (value < least || value > most)
                throw new InvalidDefinitionException($"MlOps:Http:{name} is {value}: use {least} to {most}.");
        }

        if (options.DrainTime < TimeSpan.Zero || options.DrainTime > TimeSpan.FromMinutes(10))
            throw new InvalidDefinitionException($"MlOps:Http:DrainTime is {options.DrainTime}: use 00:00:00 to 00:10:00.");
    }
}
