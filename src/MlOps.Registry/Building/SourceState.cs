namespace MlOps.Registry;

/// <summary>The state of the code that made a model: the commit, and what was changed since.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Diff">The changes to tracked files that were not committed, as git writes them; empty when there are none.</param>
/// <param name="Untracked">Files that git neither tracks nor ignores: their content is not kept.</param>
public sealed record SourceState(string Commit, ReadOnlyMemory<byte> Diff, int Untracked)
{
    /// <summary>The name of the artifact that holds commit and digest of the changes.</summary>
    public const string ArtifactName = "source";

    /// <summary>The name of the artifact that holds the changes themselves.</summary>
    public const string DiffArtifact = "diff";

    /// <summary>Whether the working tree differs from the commit.</summary>
    public bool IsDirty => !Diff.IsEmpty || Untracked > 0;

    internal byte[] ToJson() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("formatVersion", 1);
        writer.WriteString("commit", Commit);
        writer.WriteBoolean("dirty", IsDirty);
        if (!Diff.IsEmpty)
            writer.WriteString("diff", ArtifactDigest.Of(Diff.Span).ToString());
        writer.WriteNumber("untracked", Untracked);
        writer.WriteEndObject();
    });
}
