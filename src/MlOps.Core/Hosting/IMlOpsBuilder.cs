using Microsoft.Extensions.DependencyInjection;

namespace MlOps;

/// <summary>What <c>AddMlOps</c> returns. Packages extend it with <c>Add...</c> (one more of something) and <c>Use...</c> (fill a single slot).</summary>
public interface IMlOpsBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }
}
