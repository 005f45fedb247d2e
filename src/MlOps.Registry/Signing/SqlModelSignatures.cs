using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MlOps.Registry;

/// <summary>Signatures over the registry's own tables.</summary>
internal sealed class SqlModelSignatures(EnvironmentContext context, IModelRegistry registry) : IModelSignatures
{
    internal const int PredicateTypeLength = 500;

    private readonly SignatureTable _table = new(context);

    public async ValueTask<StoredSignature> SignAsync(ModelVersionRef version, IModelSigner signer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signer);
        context.Access.Require(EnvironmentPermission.RegisterModels, $"the signatures of {version}");
        var contents = await ReadAsync(version, cancellationToken).ConfigureAwait(false);
        await ReadBlobsAsync(contents, cancellationToken).ConfigureAwait(false);
        return await SignAsync(contents, contents.ToSignedModel().ToStatement(), signer, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredSignature> SignAsync(ModelVersionRef version, InTotoStatement statement, IModelSigner signer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(signer);
        context.Access.Require(EnvironmentPermission.RegisterModels, $"the signatures of {version}");
        var contents = await ReadAsync(version, cancellationToken).ConfigureAwait(false);
        return await SignAsync(contents, InTotoStatement.Parse(statement.ToJson()), signer, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<StoredSignature> AddAsync(ModelVersionRef version, ReadOnlyMemory<byte> bundle, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.RegisterModels, $"the signatures of {version}");
        var parsed = SigstoreBundle.Parse(bundle);
        var contents = await ReadAsync(version, cancellationToken).ConfigureAwait(false);
        return await StoreAsync(contents, parsed, bundle, parsed.ReadStatement(), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<StoredSignature>> ListAsync(ModelVersionRef version, CancellationToken cancellationToken = default)
    {
        context.Access.Require(EnvironmentPermission.Read, $"the signatures of {version}");
        _ = await registry.GetAsync(version, cancellationToken).ConfigureAwait(false);
        return await _table.ListAsync(version, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<SignatureReport> VerifyAsync(
        ModelVersionRef version, SignaturePolicy policy, bool readContent = true, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        context.Access.Require(EnvironmentPermission.Read, $"the signatures of {version}");
        var contents = await ReadAsync(version, cancellationToken).ConfigureAwait(false);
        if (readContent)
            await ReadBlobsAsync(contents, cancellationToken).ConfigureAwait(false);
        var stored = await _table.ListAsync(version, cancellationToken).ConfigureAwait(false);
        return SignatureJudge.Judge(contents.Version, policy,
            [.. stored.Select(signature => BundleVerifier.Verify(signature.Bundle, policy, signature.SignedAt.ToDateTimeOffset(), contents.Cover))]);
    }

    public async ValueTask ExportAsync(ModelVersionRef version, string directory, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        context.Access.Require(EnvironmentPermission.ReadArtifacts, version.ToString());
        var root = Path.GetFullPath(directory);
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
            throw new InvalidInputException($"The directory '{root}' has content already: export {version} into a new one.");
        var contents = await ReadAsync(version, cancellationToken).ConfigureAwait(false);
        var directories = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, content) in contents.Files)
        {
            var source = name switch
            {
                VersionContents.ManifestName => new MemoryStream(contents.Bytes.Manifest.ToArray(), writable: false),
                VersionContents.ConfigName => new MemoryStream(contents.Bytes.Config.ToArray(), writable: false),
                _ => await context.Artifacts.OpenReadAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false),
            };
            await using (source.ConfigureAwait(false))
                await WriteAsync(name, source).ConfigureAwait(false);
        }

        var number = 0;
        foreach (var signature in await _table.ListAsync(version, cancellationToken).ConfigureAwait(false))
        {
            using var bundle = new MemoryStream(signature.Bundle.ToArray(), writable: false);
            await WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{VersionContents.SignaturesName}/{++number}.sig"), bundle).ConfigureAwait(false);
        }

        foreach (var written in directories)
            context.Files.FlushDirectory(written);

        async ValueTask WriteAsync(string name, Stream source)
        {
            var path = Path.Combine(root, name.Replace('/', Path.DirectorySeparatorChar));
            if (directories.Add(Path.GetDirectoryName(path)!))
                context.Files.CreateDirectory(Path.GetDirectoryName(path)!);
            using var file = context.Files.CreateNew(path);
            var buffer = new byte[64 << 10];
            int read;
            while ((read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                file.Write(buffer.AsSpan(0, read));
            file.Flush();
        }
    }

    private ValueTask<VersionContents> ReadAsync(ModelVersionRef version, CancellationToken cancellationToken) =>
        VersionContents.ReadAsync(registry, version, cancellationToken);

    private async ValueTask ReadBlobsAsync(VersionContents contents, CancellationToken cancellationToken)
    {
        foreach (var content in contents.Blobs)
        {
            var length = await context.Artifacts.VerifyAsync(content.ParsedDigest, cancellationToken).ConfigureAwait(false);
            if (length != content.Size)
                throw new CorruptDataException($"The blob {content.Digest} of {contents.Version.Ref} has {length} bytes; the manifest says {content.Size}.");
        }
    }

    private async ValueTask<StoredSignature> SignAsync(VersionContents contents, InTotoStatement statement, IModelSigner signer, CancellationToken cancellationToken)
    {
        var bundle = await SigstoreBundle.SignAsync(statement, signer, cancellationToken).ConfigureAwait(false);
        return await StoreAsync(contents, bundle, bundle.ToJson(), statement, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<StoredSignature> StoreAsync(
        VersionContents contents, SigstoreBundle bundle, ReadOnlyMemory<byte> bytes, InTotoStatement statement, CancellationToken cancellationToken)
    {
        NameRules.Text("The predicate type", statement.PredicateType, PredicateTypeLength);
        if (contents.Cover(statement).Refusal is { } refusal)
            throw new InvalidInputException($"The signature does not belong to {contents.Version.Ref}: {refusal}.");
        var now = context.Clock.GetUtcNow();
        var signature = new StoredSignature(
            contents.Version.Ref, ArtifactDigest.Of(bytes.Span).ToString(), statement.PredicateType, Describe(bundle, now), Timestamp.From(now), context.Caller.Name, bytes);
        await _table.AddAsync(contents.Version, [signature], "signed", cancellationToken).ConfigureAwait(false);
        return (await _table.ListAsync(contents.Version.Ref, cancellationToken).ConfigureAwait(false)).First(stored => stored.Id == signature.Id);
    }

    // A signature by a certificate that is not valid when it is stored could never be accepted.
    internal static string Describe(SigstoreBundle bundle, DateTimeOffset now)
    {
        if (bundle.Certificates.Count == 0)
            return bundle.KeyHint is { } hint ? $"key {NameRules.Shown(hint)}" : "key";
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(bundle.Certificates[0].Span);
            if (now.UtcDateTime < certificate.NotBefore.ToUniversalTime() || now.UtcDateTime > certificate.NotAfter.ToUniversalTime())
            {
                throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture,
                    $"The certificate of '{NameRules.Shown(certificate.Subject)}' is valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}; it is {now.UtcDateTime:u}. Sign with a certificate that is valid now."));
            }

            return $"certificate '{NameRules.Shown(certificate.Subject)}'";
        }
        catch (CryptographicException error)
        {
            throw new InvalidInputException($"The signing certificate cannot be read: {error.Message}", error);
        }
    }
}
