using System.Security.Cryptography;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>The predicate of OpenSSF Model Signing v1.0: a model's files with their digests, and how they were listed.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Resources">The files, by name in ordinal order.</param>
/// <param name="IgnorePaths">What was left out: paths relative to the directory, each with all below it.</param>
/// <param name="AllowSymlinks">Whether links to files were followed.</param>
internal sealed record SignedModel(string Name, IReadOnlyList<SignedResource> Resources, IReadOnlyList<string> IgnorePaths, bool AllowSymlinks)
{
    public const string PredicateType = "https://model_signing/signature/v1.0";

    private const int MaximumResources = 100_000;

    public InTotoStatement ToStatement() => new()
    {
        Subjects = [new InTotoSubject(Name, RootOf(Resources))],
        PredicateType = PredicateType,
        Predicate = StoredJson.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("serialization");
            writer.WriteString("method", "files");
            writer.WriteString("hash_type", "sha256");
            writer.WriteBoolean("allow_symlinks", AllowSymlinks);
            StoredJson.WriteStrings(writer, "ignore_paths", IgnorePaths);
            writer.WriteEndObject();
            writer.WriteStartArray("resources");
            foreach (var resource in Resources)
            {
                writer.WriteStartObject();
                writer.WriteString("name", resource.Name);
                writer.WriteString("algorithm", "sha256");
                writer.WriteString("digest", resource.Sha256);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }),
    };

    public static SignedModel Read(InTotoStatement statement)
    {
        if (statement.PredicateType != PredicateType)
            throw new InvalidInputException($"The signed statement has the predicate type '{NameRules.Shown(statement.PredicateType)}'; model signatures have '{PredicateType}'. Sign again with model_signing 1.0 or later.");
        if (statement.Subjects.Count != 1)
            throw new InvalidInputException($"The model signature names {statement.Subjects.Count} subjects; it has exactly one.");
        return StrictJson.Read("The model signature", statement.Predicate, SigstoreBundle.MaximumBytes, predicate =>
        {
            const string What = "the model signature";
            var serialization = StrictJson.Object(predicate, "serialization", What);
            if (StrictJson.String(serialization, "method", "the serialization") is var method && method != "files")
                throw new InvalidInputException($"The model was listed by the method '{NameRules.Shown(method)}'; only 'files' is read. Sign it without shards.");
            RequireSha256(StrictJson.String(serialization, "hash_type", "the serialization"));
            var resources = ReadResources(StrictJson.Array(predicate, "resources", What));
            if (RootOf(resources) is var root && root != statement.Subjects[0].Sha256)
                throw new InvalidInputException($"The model signature contradicts itself: its subject has the digest {statement.Subjects[0].Sha256}, its files give {root}.");
            return new SignedModel(
                statement.Subjects[0].Name, resources,
                serialization.TryGetProperty("ignore_paths", out var ignored) ? StoredJson.ReadStrings(ignored) : [],
                serialization.TryGetProperty("allow_symlinks", out var links) && links.GetBoolean());
        });
    }

    private static List<SignedResource> ReadResources(JsonElement array)
    {
        if (array.GetArrayLength() is 0 or > MaximumResources)
            throw new InvalidInputException($"The model signature lists {array.GetArrayLength()} files; 1 to {MaximumResources} are read.");
        var resources = new List<SignedResource>(array.GetArrayLength());
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in array.EnumerateArray())
        {
            var name = StrictJson.String(element, "name", "a file of the model signature");
            RequireSha256(StrictJson.String(element, "algorithm", $"the file '{NameRules.Shown(name)}'"));
            var digest = StrictJson.String(element, "digest", $"the file '{NameRules.Shown(name)}'");
            if (!ArtifactDigest.TryParse("sha256:" + digest, out _))
                throw new InvalidInputException($"The file '{NameRules.Shown(name)}' of the model signature has the SHA-256 '{NameRules.Shown(digest)}': expected 64 lower-case hexadecimal digits.");
            if (!IsSafe(name) && !(name == "." && array.GetArrayLength() == 1))
                throw new InvalidInputException($"The model signature lists the file '{NameRules.Shown(name)}', which is not a path inside a directory.");
            if (!names.Add(name))
                throw new InvalidInputException($"The model signature lists the file '{NameRules.Shown(name)}' twice.");
            resources.Add(new SignedResource(name, digest));
        }

        return resources;
    }

    private static void RequireSha256(string algorithm)
    {
        if (algorithm != "sha256")
            throw new InvalidInputException($"The model signature uses the hash '{NameRules.Shown(algorithm)}'; only 'sha256' is supported. Sign with model_signing's default hash.");
    }

    private static bool IsSafe(string name) =>
        name.Length is > 0 and <= 4096 && !name.Contains('\0', StringComparison.Ordinal) && !name.Contains('\\', StringComparison.Ordinal) &&
        !name.Split('/').Any(part => part is "" or "." or "..") && !Path.IsPathRooted(name);

    private static string RootOf(IReadOnlyList<SignedResource> resources)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var resource in resources)
            hash.AppendData(Convert.FromHexString(resource.Sha256));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
