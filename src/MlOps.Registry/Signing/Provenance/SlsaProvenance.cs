using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MlOps.Registry;

/// <summary>
/// How a model version was made, as SLSA provenance v1 (https://slsa.dev/provenance/v1): a claim to be signed with
/// <see cref="IModelSignatures.SignAsync(ModelVersionRef, InTotoStatement, IModelSigner, CancellationToken)"/>. Its subject is the version's manifest.
/// </summary>
public sealed record SlsaProvenance
{
    /// <summary>The predicate type of the claim.</summary>
    public const string PredicateType = "https://slsa.dev/provenance/v1";

    /// <summary>How the parameters are to be read, as a URI.</summary>
    public required string BuildType { get; init; }

    /// <summary>Who built it and vouches for this claim, as a URI, for instance <c>https://ci.example.com/training</c>.</summary>
    public required string BuilderId { get; init; }

    /// <summary>The parameters that were under the caller's control: a JSON object.</summary>
    /// <value>Default: <c>{}</c>.</value>
    public string ExternalParameters { get; init; } = "{}";

    /// <summary>The parameters that were under the builder's control: a JSON object.</summary>
    /// <value>Default: <c>{}</c>.</value>
    public string InternalParameters { get; init; } = "{}";

    /// <summary>What the build took in: source, datasets.</summary>
    public IReadOnlyList<SlsaDependency> ResolvedDependencies { get; init; } = [];

    /// <summary>The build's identity, for instance the pipeline run's; may be empty.</summary>
    public string InvocationId { get; init; } = "";

    /// <summary>When it began, or null.</summary>
    public Timestamp? StartedOn { get; init; }

    /// <summary>When it ended, or null.</summary>
    public Timestamp? FinishedOn { get; init; }

    /// <summary>The claim about a version.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The statement, to be signed.</returns>
    /// <exception cref="InvalidInputException">A URI or a JSON text is wrong.</exception>
    public InTotoStatement ToStatement(ModelVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        RequireUri("The build type", BuildType);
        RequireUri("The builder's id", BuilderId);
        return new InTotoStatement
        {
            Subjects = [new InTotoSubject(version.Model, version.Manifest.ParsedDigest.Hex)],
            PredicateType = PredicateType,
            Predicate = StoredJson.Write(Write),
        };
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("buildDefinition");
        writer.WriteString("buildType", BuildType);
        WriteObject(writer, "externalParameters", ExternalParameters);
        WriteObject(writer, "internalParameters", InternalParameters);
        writer.WriteStartArray("resolvedDependencies");
        foreach (var dependency in ResolvedDependencies)
            Write(writer, dependency);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartObject("runDetails");
        writer.WriteStartObject("builder");
        writer.WriteString("id", BuilderId);
        writer.WriteEndObject();
        writer.WriteStartObject("metadata");
        if (InvocationId.Length > 0)
            writer.WriteString("invocationId", InvocationId);
        if (StartedOn is { } started)
            writer.WriteString("startedOn", Text(started));
        if (FinishedOn is { } finished)
            writer.WriteString("finishedOn", Text(finished));
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, SlsaDependency dependency)
    {
        writer.WriteStartObject();
        if (dependency.Name.Length > 0)
            writer.WriteString("name", dependency.Name);
        if (dependency.Uri.Length > 0)
            writer.WriteString("uri", dependency.Uri);
        if (dependency.Digest.Length > 0)
        {
            writer.WriteStartObject("digest");
            writer.WriteString(dependency.Algorithm, dependency.Digest);
            writer.WriteEndObject();
        }

        if (dependency.Annotations is { Count: > 0 } annotations)
            StoredJson.WriteMap(writer, "annotations", annotations);
        writer.WriteEndObject();
    }

    private static void WriteObject(Utf8JsonWriter writer, string name, string json) =>
        StrictJson.Read($"The provenance's {name}", Encoding.UTF8.GetBytes(json), SigstoreBundle.MaximumBytes / 4, root =>
        {
            if (root.ValueKind != JsonValueKind.Object)
                throw new InvalidInputException($"The provenance's {name} are of kind {root.ValueKind}; give a JSON object.");
            writer.WritePropertyName(name);
            root.WriteTo(writer);
            return true;
        });

    private static void RequireUri(string what, string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out _))
            throw new InvalidInputException($"{what} '{NameRules.Shown(uri)}' is not an absolute URI, for instance 'https://ci.example.com/training'.");
    }

    // RFC 3339 in seconds, as SLSA asks for.
    private static string Text(Timestamp moment) => moment.ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
