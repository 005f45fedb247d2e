using System.Text.RegularExpressions;

namespace MlOps.Orchestration;

/// <summary>The blobs that inputs and outputs of steps name. What looks like a digest but is none of a stored blob does no harm.</summary>
internal static partial class BlobReferences
{
    /// <summary>The step under which the input of a run itself is kept.</summary>
    public const string RunInput = "";

    public static IEnumerable<ArtifactDigest> In(string json) =>
        DigestPattern().Matches(json).Select(match => match.Value).Distinct(StringComparer.Ordinal).Select(ArtifactDigest.Parse);

    /// <summary>Makes what a document names young before the document is committed; false when something that it names is not stored.</summary>
    public static async ValueTask<bool> RefreshAsync(IArtifactStore artifacts, string json, CancellationToken cancellationToken)
    {
        var all = true;
        foreach (var digest in In(json))
            all &= await artifacts.RefreshAsync(digest, cancellationToken).ConfigureAwait(false);
        return all;
    }

    public static async ValueTask PutAsync(IMetadataSession session, string runId, string step, string json)
    {
        foreach (var digest in In(json))
        {
            await session.ExecuteAsync(
                "INSERT INTO orchestration_blobs (digest, run_id, step) VALUES (@digest, @run, @step) ON CONFLICT DO NOTHING",
                ("digest", digest.ToString()), ("run", runId), ("step", step)).ConfigureAwait(false);
        }
    }

    [GeneratedRegex("sha256:[0-9a-f]{64}", RegexOptions.None, 10_000)]
    private static partial Regex DigestPattern();
}
