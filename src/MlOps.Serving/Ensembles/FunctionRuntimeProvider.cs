using System.Text.Json;
using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>Loads the versions that name a function of this process or describe an ensemble.</summary>
internal sealed class FunctionRuntimeProvider(
    EnvironmentContext context, IEnumerable<ModelFunction> functions, Func<ModelVersionRef, CancellationToken, ValueTask<IModelRuntime>> load) : IModelRuntimeProvider
{
    private const int LargestManifest = 1 << 20;
    private const int Deepest = 8;
    private static readonly AsyncLocal<int> Depth = new();

    private readonly Dictionary<string, ModelFunction> _functions = ByName(functions);

    public bool CanLoad(ModelVersion version) =>
        version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)?.Content.MediaType is ModelFunction.MediaType or ModelFunction.EnsembleMediaType;

    public async ValueTask<IModelRuntime> LoadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        var content = version.Find(ModelArtifactKind.Functions, ModelArtifactNames.Predict)!.Content;
        var json = await context.Artifacts.GetBytesAsync(content, LargestManifest, cancellationToken).ConfigureAwait(false);

        // Ensembles may be made of ensembles; a version that names one to come could close a circle.
        if (Depth.Value >= Deepest)
            throw new InvalidDefinitionException($"{version.Ref} lies more than {Deepest} ensembles deep: do they contain each other?");
        Depth.Value++;
        try
        {
            return content.MediaType == ModelFunction.EnsembleMediaType
                ? await EnsembleManifest.Read(json, version.Ref.ToString(), _functions).BuildAsync(load, cancellationToken).ConfigureAwait(false)
                : await Function(json, version).CreateAsync(load, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Depth.Value--;
        }
    }

    private ModelFunction Function(byte[] json, ModelVersion version)
    {
        string? name;
        try
        {
            using var document = JsonDocument.Parse(json);
            name = document.RootElement.GetProperty("function").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDefinitionException($"The function of {version.Ref} cannot be read; it is to be {{\"function\": \"name\"}}: {e.Message}", e);
        }

        return name is not null && _functions.TryGetValue(name, out var function)
            ? function
            : throw new InvalidDefinitionException($"{version.Ref} is the function '{name}', which this process does not know. {NearestNames.Describe(name ?? "", _functions.Keys)}");
    }

    private static Dictionary<string, ModelFunction> ByName(IEnumerable<ModelFunction> functions)
    {
        var known = new Dictionary<string, ModelFunction>(StringComparer.Ordinal);
        foreach (var function in functions)
        {
            if (!known.TryAdd(function.Name, function))
                throw new InvalidDefinitionException($"Two functions are registered as '{function.Name}'.");
        }

        return known;
    }
}
