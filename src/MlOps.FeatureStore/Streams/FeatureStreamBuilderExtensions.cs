using Microsoft.Extensions.DependencyInjection;
using MlOps.Features;

namespace MlOps;

/// <summary>Declares stream jobs for the workers of a host.</summary>
public static class FeatureStreamBuilderExtensions
{
    /// <summary>
    /// Feeds a view from a stream in every environment of the host, in processes with the worker role: started with the host, started again
    /// after a failure, stopped with the host, each time right behind the last record that is in.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The job's name; its offsets are kept under it.</param>
    /// <param name="view">The view.</param>
    /// <param name="source">Finds the source, given the host's services and the environment's name.</param>
    /// <param name="configure">Changes the job: lateness, landing and so on.</param>
    /// <returns>The same builder.</returns>
    public static IMlOpsBuilder AddFeatureStream(
        this IMlOpsBuilder builder, string name, string view, Func<IServiceProvider, string, IFeatureStreamSource> source, Func<StreamJob, StreamJob>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(source);
        return builder.AddFeatureStream(name, (services, environment) =>
        {
            var job = new StreamJob { Name = name, View = view, Source = source(services, environment) };
            return configure?.Invoke(job) ?? job;
        });
    }

    /// <summary>Declares a stream job that differs between environments.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The job's name.</param>
    /// <param name="create">Makes the job, given the host's services and the environment's name; null where it does not run.</param>
    /// <returns>The same builder.</returns>
    public static IMlOpsBuilder AddFeatureStream(this IMlOpsBuilder builder, string name, Func<IServiceProvider, string, StreamJob?> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.AddSingleton(new FeatureStreamDeclaration(DefinitionText.CheckName("stream job", name), create));
        return builder;
    }
}
