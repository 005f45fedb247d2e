using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MlOps;

/// <summary>Opens every environment before anything else starts, so that a wrong configuration stops the host with all mistakes listed.</summary>
internal sealed class MlOpsStartup(IServiceProvider services) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var environments = services.GetRequiredService<IMlOpsEnvironments>();
        var checks = services.GetServices<IStartupCheck>().ToArray();
        var mistakes = new List<string>();
        foreach (var environment in environments)
        {
            try
            {
                await OpenAsync(environment, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (error is MlOpsException or IOException or UnauthorizedAccessException)
            {
                mistakes.Add($"{environment.Name}: {error.Message}");
                continue;
            }

            foreach (var check in checks)
                mistakes.AddRange((await check.CheckAsync(environment, cancellationToken).ConfigureAwait(false)).Select(mistake => $"{environment.Name}: {mistake}"));
        }

        if (mistakes.Count > 0)
            throw new MlOpsConfigurationException(mistakes);
        var traffic = services.GetRequiredService<TrafficStartup>();
        foreach (var environment in environments)
            await traffic.ApplyAsync(environment, cancellationToken).ConfigureAwait(false);
        _ = services.GetRequiredService<BackgroundWork>();
        MlOpsLog.Started(
            services.GetRequiredService<ILoggerFactory>().CreateLogger("MlOps"), string.Join(", ", environments.Select(e => e.Name)),
            services.GetRequiredService<IOptions<MlOpsOptions>>().Value.Roles);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async ValueTask OpenAsync(IMlOpsEnvironment environment, CancellationToken cancellationToken) =>
        await environment.Context.Events.ReadAsync(long.MaxValue - 1, limit: 1, cancellationToken: cancellationToken).ConfigureAwait(false);
}
