using System.Globalization;

namespace MlOps.Crash.Tests;

/// <summary>What the killed processes had said was done.</summary>
internal sealed class Acknowledgements
{
    public List<(string Digest, long Seed)> Uploads { get; } = [];

    public List<(string Model, int Version, string Manifest, string? Key)> Versions { get; } = [];

    public List<(string Model, string Alias, int? From, int? To, string Reason)> Moves { get; } = [];

    public List<(string Model, int Version, string Value)> Tags { get; } = [];

    public List<(string Model, int Version, string Reason)> Deletions { get; } = [];

    public Dictionary<string, long> Points { get; } = new(StringComparer.Ordinal);

    public List<(string Run, string Digest)> RunArtifacts { get; } = [];

    public HashSet<string> Completed { get; } = new(StringComparer.Ordinal);

    /// <summary>Errors that callers got; none without faults.</summary>
    public List<string> Errors { get; } = [];

    public int Collected { get; private set; }

    public bool Done { get; private set; }

    public int Count { get; private set; }

    /// <summary>Takes a line; one that the kill cut off counts for nothing.</summary>
    public void Add(string line)
    {
        if (!line.EndsWith(" .", StringComparison.Ordinal))
            return;
        var fields = line[..^2].Split(' ');
        switch (fields)
        {
            case ["U", var digest, var seed]:
                Uploads.Add((digest, Number(seed)));
                break;
            case ["V", var model, var version, var manifest, var key]:
                Versions.Add((model, (int)Number(version), manifest, key == "-" ? null : key));
                break;
            case ["A", var model, var alias, var from, var to, var reason]:
                Moves.Add((model, alias, Version(from), Version(to), reason));
                break;
            case ["T", var model, var version, var value]:
                Tags.Add((model, (int)Number(version), value));
                break;
            case ["D", var model, var version, var reason]:
                Deletions.Add((model, (int)Number(version), reason));
                break;
            case ["M", var run, var points]:
                Points[run] = Math.Max(Points.GetValueOrDefault(run), Number(points));
                break;
            case ["F", var run, var digest]:
                RunArtifacts.Add((run, digest));
                break;
            case ["C", var run]:
                Completed.Add(run);
                break;
            case ["G", var blobs]:
                Collected += (int)Number(blobs);
                break;
            case ["E", var message]:
                Errors.Add(message.Replace('_', ' '));
                return;
            case ["done"]:
                Done = true;
                return;
            default:
                throw new InvalidDataException($"The child said '{line}'.");
        }

        Count++;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static int? Version(string text) => Number(text) is var version and > 0 ? (int)version : null;
}
