using System.Text.Json;

namespace MlOps.Benchmarks.Claims;

/// <summary>Outcomes in a JSON file.</summary>
internal static class ClaimStore
{
    private const int Format = 1;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task WriteAsync(string file, IReadOnlyList<ClaimOutcome> outcomes, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder)
            Directory.CreateDirectory(folder);
        string json = JsonSerializer.Serialize(new Document(Format, outcomes), Options);
        await File.WriteAllTextAsync(file, json.ReplaceLineEndings("\n") + "\n", cancellationToken);
    }

    public static async Task<IReadOnlyList<ClaimOutcome>> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
            return [];
        var document = JsonSerializer.Deserialize<Document>(await File.ReadAllTextAsync(file, cancellationToken), Options);
        return document is { Format: Format }
            ? document.Claims
            : throw new InvalidDataException($"{file} has format {document?.Format}, this program reads format {Format}. Delete it and measure again.");
    }

    private sealed record Document(int Format, IReadOnlyList<ClaimOutcome> Claims);
}
