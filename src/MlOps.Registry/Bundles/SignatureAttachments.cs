using System.Globalization;

namespace MlOps.Registry;

/// <summary>
/// The signatures of a version. The moment of signing is that of the import: what a bundle says of it is nobody's word, and a certificate that has expired since
/// would seem to have been valid.
/// </summary>
internal sealed class SignatureAttachments(EnvironmentContext context) : IBundleAttachments
{
    private readonly SignatureTable _table = new(context);

    public string MediaType => SigstoreBundle.MediaType;

    public string PathOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{VersionContents.SignaturesName}/{number}.sig");

    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListAsync(ModelVersion version, CancellationToken cancellationToken) =>
        [.. (await _table.ListAsync(version.Ref, cancellationToken).ConfigureAwait(false)).Select(signature => signature.Bundle)];

    public void Check(ModelVersion version, ModelManifestBytes bytes, ReadOnlyMemory<byte> attachment)
    {
        var signature = Read(version, attachment);
        if (VersionContents.Of(version, bytes).Cover(SigstoreBundle.Parse(attachment).ReadStatement()).Refusal is { } refusal)
        {
            throw new InvalidInputException(
                $"A signature in the bundle ({signature.Signer}) does not belong to its version of '{version.Model}': {refusal}. Leave it out with BundleImportOptions.IncludeAttachments = false.");
        }
    }

    public async ValueTask StoreAsync(ModelVersion version, IReadOnlyList<ReadOnlyMemory<byte>> attachments, CancellationToken cancellationToken) =>
        await _table.AddAsync(
            version, [.. attachments.Select(attachment => Read(version, attachment))],
            $"bundle of {version.Provenance?.Environment}/{version.Provenance?.Version}", cancellationToken).ConfigureAwait(false);

    private StoredSignature Read(ModelVersion version, ReadOnlyMemory<byte> bytes)
    {
        var bundle = SigstoreBundle.Parse(bytes);
        var statement = bundle.ReadStatement();
        NameRules.Text("The predicate type", statement.PredicateType, SqlModelSignatures.PredicateTypeLength);
        var now = context.Clock.GetUtcNow();
        return new StoredSignature(
            version.Ref, ArtifactDigest.Of(bytes.Span).ToString(), statement.PredicateType, SqlModelSignatures.Describe(bundle, now), Timestamp.From(now), context.Caller.Name, bytes);
    }
}
