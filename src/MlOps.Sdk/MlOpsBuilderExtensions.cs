namespace MlOps;

/// <summary>Declares environments.</summary>
public static class MlOpsBuilderExtensions
{
    /// <summary>Declares an environment, or adds to one that is declared.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="name">Its name: 1 to 63 of <c>a-z 0-9 -</c>, beginning with a letter; case is ignored.</param>
    /// <param name="configure">Changes its options, after the configuration.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidDefinitionException">The name breaks the rules.</exception>
    public static IMlOpsBuilder AddEnvironment(this IMlOpsBuilder builder, string name, Action<EnvironmentOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        MlOpsBuilder.GetOrAdd(builder.Services).Declared.Declare(name, configure);
        return builder;
    }
}
