using MlOps.Features;
using MlOps.Registry;

namespace MlOps;

/// <summary>Stores fitted encodings with models.</summary>
public static class EncodingExtensions
{
    /// <summary>The artifact's name unless another is given.</summary>
    public const string DefaultName = "encoding";

    private const string MediaType = "application/json";
    private const int LargestEncoding = 64 * 1024 * 1024;

    /// <summary>Adds a fitted encoding to a version, beside its featurize function.</summary>
    /// <param name="builder">The version being assembled.</param>
    /// <param name="encoding">The encoding.</param>
    /// <param name="name">The artifact's name, where a version has several.</param>
    /// <returns>The builder.</returns>
    public static ModelVersionBuilder WithEncoding(this ModelVersionBuilder builder, FittedEncoding encoding, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(encoding);
        return builder.With(ModelArtifactKind.Functions, name, encoding.Json, MediaType);
    }

    /// <summary>Loads the encoding that a version was registered with. Keep it: it does not change.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="version">The version.</param>
    /// <param name="name">The artifact's name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The encoding.</returns>
    /// <exception cref="NotFoundException">The version has no such artifact.</exception>
    /// <exception cref="InvalidInputException">The artifact is no encoding that this library reads.</exception>
    public static async ValueTask<FittedEncoding> LoadEncodingAsync(
        this IMlOpsEnvironment environment, ModelVersionRef version, string name = DefaultName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var record = await environment.Models.GetAsync(version, cancellationToken).ConfigureAwait(false);
        var functions = record.Artifacts.Where(artifact => artifact.Kind == ModelArtifactKind.Functions).ToArray();
        var found = functions.FirstOrDefault(artifact => artifact.Name == name)
            ?? throw new NotFoundException($"{version} has no encoding '{name}'. {NearestNames.Describe(name, functions.Select(artifact => artifact.Name))}");
        return FittedEncoding.Load(await environment.Context.Artifacts.GetBytesAsync(found.Content, LargestEncoding, cancellationToken).ConfigureAwait(false));
    }
}
