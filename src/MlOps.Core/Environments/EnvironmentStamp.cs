using System.Text.Json;
using System.Text.Json.Serialization;

namespace MlOps.Environments;

/// <summary>The file that says whose directory this is.</summary>
internal sealed record EnvironmentStamp(
    [property: JsonPropertyName("format")] int Format,
    [property: JsonPropertyName("environment")] string Environment,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("created")] DateTimeOffset Created)
{
    public const int CurrentFormat = 1;
    public const string FileName = "environment.json";

    /// <summary>Reads the stamp of a directory; null when it has none.</summary>
    public static EnvironmentStamp? Read(IFileSystem files, string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            using var stream = files.OpenRead(path);
            return JsonSerializer.Deserialize(stream, EnvironmentStampJson.Default.EnvironmentStamp) is { Environment: not null } stamp
                ? stamp
                : throw new CorruptDataException($"The environment stamp '{path}' is empty: restore it from a backup.");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException exception)
        {
            throw new CorruptDataException($"The environment stamp '{path}' is damaged: {exception.Message} Restore it from a backup.", exception);
        }
    }

    /// <summary>Stamps a directory unless somebody else has done so at the same moment.</summary>
    public void Write(IFileSystem files, string directory)
    {
        var temporary = Path.Combine(directory, $".{FileName}.{Guid.NewGuid():N}");
        using (var file = files.CreateNew(temporary))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, EnvironmentStampJson.Default.EnvironmentStamp));
            file.Flush();
        }

        files.Publish(temporary, Path.Combine(directory, FileName));
        files.FlushDirectory(directory);
    }
}
