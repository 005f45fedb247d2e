namespace MlOps.Features;

/// <summary>A stream job that hosts with the worker role run in each of their environments.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Create">Makes the job, given the host's services and the environment's name; null where it does not run.</param>
public sealed record FeatureStreamDeclaration(string Name, Func<IServiceProvider, string, StreamJob?> Create);
