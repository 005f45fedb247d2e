using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace MlOps.Orchestration;

/// <summary>Writes and reads step outputs: the pipeline's contexts first, then the host's, then reflection where the host allows it.</summary>
internal sealed class PipelineJson
{
    public PipelineJson(IEnumerable<IJsonTypeInfoResolver> resolvers)
    {
        var chain = resolvers.Append(OrchestrationJson.Default);
        if (JsonSerializer.IsReflectionEnabledByDefault)
            chain = chain.Append(Reflection());
        Options = new JsonSerializerOptions
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine([.. chain]),
            NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        };
        Options.MakeReadOnly();
    }

    public JsonSerializerOptions Options { get; }

    public string Write<T>(T value) => JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T)));

    public T Read<T>(string json) => JsonSerializer.Deserialize(json, (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T)))!;

    /// <summary>Why values of a type cannot be stored, or null when they can.</summary>
    public string? Refuse(Type type)
    {
        try
        {
            return Refuse(type, type.Name, []);
        }
        catch (Exception error) when (error is NotSupportedException or InvalidOperationException)
        {
            return error.Message;
        }
    }

    private string? Refuse(Type type, string path, HashSet<Type> seen)
    {
        if (!seen.Add(type))
            return null;
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (typeof(Delegate).IsAssignableFrom(plain) || typeof(Stream).IsAssignableFrom(plain) || typeof(Task).IsAssignableFrom(plain) ||
            typeof(System.Reflection.MemberInfo).IsAssignableFrom(plain) || plain == typeof(nint) || plain == typeof(nuint) ||
            plain.IsPointer || plain.IsByRefLike || plain == typeof(CancellationToken))
        {
            return $"{path} is a {plain.Name}, which has no stored form; pass data, or an {nameof(ArtifactRef)} for large data";
        }

        var info = Options.GetTypeInfo(type);
        if (info.Kind == JsonTypeInfoKind.Object && plain != typeof(object) && (plain.IsAbstract || plain.IsInterface) && info.PolymorphismOptions is null)
            return $"{path} is the abstract type {plain.Name}, which cannot be read back; use a concrete type or declare its derived types";
        if (info.ElementType is { } element && Refuse(element, path + "[]", seen) is { } inside)
            return inside;
        if (info.Kind != JsonTypeInfoKind.Object)
            return null;
        foreach (var property in info.Properties)
        {
            if (Refuse(property.PropertyType, $"{path}.{property.Name}", seen) is { } problem)
                return problem;
        }

        return null;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only where JsonSerializer.IsReflectionEnabledByDefault, which is false in trimmed hosts.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reached only where JsonSerializer.IsReflectionEnabledByDefault, which is false in AOT-compiled hosts.")]
    private static DefaultJsonTypeInfoResolver Reflection() => new();
}
