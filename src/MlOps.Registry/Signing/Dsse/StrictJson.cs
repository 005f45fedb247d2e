using System.Text.Json;

namespace MlOps.Registry;

/// <summary>Reads JSON that comes from outside: bounded, no duplicate names, no unknown fields where they would go unnoticed.</summary>
internal static class StrictJson
{
    public static T Read<T>(string what, ReadOnlyMemory<byte> bytes, int maximumBytes, Func<JsonElement, T> read)
    {
        try
        {
            return StoredJson.Read(what, bytes, maximumBytes, read);
        }
        catch (CorruptDataException error)
        {
            throw new InvalidInputException(error.Message, error);
        }
    }

    public static JsonElement Object(JsonElement parent, string name, string what)
    {
        var element = Required(parent, name, what);
        return element.ValueKind == JsonValueKind.Object ? element : throw Wrong(name, what, "an object", element);
    }

    public static JsonElement Array(JsonElement parent, string name, string what)
    {
        var element = Required(parent, name, what);
        return element.ValueKind == JsonValueKind.Array ? element : throw Wrong(name, what, "an array", element);
    }

    public static string String(JsonElement parent, string name, string what)
    {
        var element = Required(parent, name, what);
        return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong(name, what, "a string", element);
    }

    public static void OnlyFields(JsonElement element, string what, params ReadOnlySpan<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidInputException($"{what} is {Kind(element)}; expected an object.");
        foreach (var field in element.EnumerateObject())
        {
            if (!known.Contains(field.Name))
                throw new InvalidInputException($"{what} has the unknown field '{NameRules.Shown(field.Name)}'; known are {string.Join(", ", known!)}.");
        }
    }

    /// <summary>Base64 in its one canonical form, so that every changed character shows.</summary>
    public static byte[] Base64(string text, string what)
    {
        var bytes = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64String(text, bytes, out var written) || Convert.ToBase64String(bytes, 0, written) != text)
            throw new InvalidInputException($"{what} is not canonical Base64.");
        return bytes.AsSpan(0, written).ToArray();
    }

    private static JsonElement Required(JsonElement parent, string name, string what)
    {
        if (parent.ValueKind != JsonValueKind.Object)
            throw new InvalidInputException($"{what} is {Kind(parent)}; expected an object.");
        return parent.TryGetProperty(name, out var element) ? element : throw new InvalidInputException($"{what} has no field '{name}'.");
    }

    private static InvalidInputException Wrong(string name, string what, string expected, JsonElement element) =>
        new($"The field '{name}' of {what} is {Kind(element)}; expected {expected}.");

    private static string Kind(JsonElement element) => $"of kind {element.ValueKind}";
}
