using System.Text;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>An in-toto Statement v1 (https://in-toto.io/Statement/v1): a claim of some type about subjects that are named by their digests.</summary>
public sealed record InTotoStatement
{
    /// <summary>The type that every statement carries.</summary>
    public const string Type = "https://in-toto.io/Statement/v1";

    /// <summary>The payload type of statements in a DSSE envelope.</summary>
    public const string PayloadType = "application/vnd.in-toto+json";

    /// <summary>What it is about; at least one.</summary>
    public required IReadOnlyList<InTotoSubject> Subjects { get; init; }

    /// <summary>Which claim it makes, as a URI.</summary>
    public required string PredicateType { get; init; }

    /// <summary>The claim: a JSON object in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Predicate { get; init; }

    /// <summary>Reads a statement. Duplicate names, depths above 32, more than 16 MiB and digests other than SHA-256 are refused.</summary>
    /// <param name="utf8">The bytes.</param>
    /// <returns>The statement.</returns>
    /// <exception cref="InvalidInputException">The bytes are not such a statement; the message says why.</exception>
    public static InTotoStatement Parse(ReadOnlyMemory<byte> utf8) => StrictJson.Read("The signed statement", utf8, SigstoreBundle.MaximumBytes, root =>
    {
        const string What = "the signed statement";
        if (StrictJson.String(root, "_type", What) is var type && type != Type)
            throw new InvalidInputException($"The signed statement has the type '{NameRules.Shown(type)}'; '{Type}' is read.");
        StrictJson.OnlyFields(root, "The signed statement", "_type", "subject", "predicateType", "predicate");
        var subjects = new List<InTotoSubject>();
        foreach (var subject in StrictJson.Array(root, "subject", What).EnumerateArray())
        {
            var digest = StrictJson.String(StrictJson.Object(subject, "digest", "a subject of the signed statement"), "sha256", "the digest of a subject");
            if (!ArtifactDigest.TryParse("sha256:" + digest, out _))
                throw new InvalidInputException($"A subject of the signed statement has the SHA-256 '{NameRules.Shown(digest)}': expected 64 lower-case hexadecimal digits.");
            subjects.Add(new InTotoSubject(StrictJson.String(subject, "name", "a subject of the signed statement"), digest));
        }

        if (subjects.Count == 0)
            throw new InvalidInputException("The signed statement has no subject.");
        return new InTotoStatement
        {
            Subjects = subjects,
            PredicateType = StrictJson.String(root, "predicateType", What),
            Predicate = Encoding.UTF8.GetBytes(StrictJson.Object(root, "predicate", What).GetRawText()),
        };
    });

    /// <summary>Writes the statement; equal statements have equal bytes.</summary>
    /// <returns>UTF-8 bytes.</returns>
    public byte[] ToJson() => StoredJson.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("_type", Type);
        writer.WriteStartArray("subject");
        foreach (var subject in Subjects)
        {
            writer.WriteStartObject();
            writer.WriteString("name", subject.Name);
            writer.WriteStartObject("digest");
            writer.WriteString("sha256", subject.Sha256);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("predicateType", PredicateType);
        writer.WritePropertyName("predicate");
        writer.WriteRawValue(Predicate.Span);
        writer.WriteEndObject();
    });
}
