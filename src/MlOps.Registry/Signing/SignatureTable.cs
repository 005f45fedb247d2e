namespace MlOps.Registry;

/// <summary>The rows of signatures of one environment. Knows nothing of permissions: <see cref="SqlModelSignatures"/> asks for them.</summary>
internal sealed class SignatureTable(EnvironmentContext context)
{
    private const int MaximumPerVersion = 1_000;

    private readonly MetadataArea _area = new(context.Metadata, RegistrySchema.Current);

    public async ValueTask<IReadOnlyList<StoredSignature>> ListAsync(ModelVersionRef version, CancellationToken cancellationToken) =>
        await _area.ReadAsync((session, _) => session.QueryAsync(
            "SELECT digest, predicate_type, signer, signed_at, added_by, bundle FROM registry_signatures WHERE model = @model AND version = @version ORDER BY signed_at, digest",
            reader => new StoredSignature(
                version, reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetTimestamp(3), reader.GetString(4), reader.GetFieldValue<byte[]>(5)),
            ("model", version.Model), ("version", (long)version.Version)), cancellationToken).ConfigureAwait(false);

    /// <summary>Stores signatures that are not there yet, with their audit records and events, in one transaction.</summary>
    public async ValueTask AddAsync(ModelVersion version, IReadOnlyList<StoredSignature> signatures, string origin, CancellationToken cancellationToken)
    {
        if (signatures.Count == 0)
            return;
        await _area.WriteAsync(async (session, _) =>
        {
            var known = (await session.QueryAsync(
                "SELECT digest FROM registry_signatures WHERE model = @model AND version = @version", reader => reader.GetString(0),
                ("model", version.Model), ("version", (long)version.Version)).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
            foreach (var signature in signatures)
            {
                if (!known.Add(signature.Id))
                    continue;
                if (known.Count > MaximumPerVersion)
                    throw new InvalidInputException($"{version.Ref} would have more than {MaximumPerVersion} signatures.");
                await session.ExecuteAsync(
                    "INSERT INTO registry_signatures (model, version, digest, predicate_type, signer, signed_at, added_by, bundle) " +
                    "VALUES (@model, @version, @digest, @type, @signer, @at, @by, @bundle)",
                    ("model", version.Model), ("version", (long)version.Version), ("digest", signature.Id), ("type", signature.PredicateType),
                    ("signer", signature.Signer), ("at", signature.SignedAt), ("by", context.Caller.Name), ("bundle", signature.Bundle.ToArray())).ConfigureAwait(false);
                await AnnounceAsync(session, version, signature, origin).ConfigureAwait(false);
            }

            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AnnounceAsync(IMetadataSession session, ModelVersion version, StoredSignature signature, string origin)
    {
        var data = StoredJson.Text(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("model", version.Model);
            writer.WriteNumber("version", version.Version);
            writer.WriteString("manifest", version.Manifest.Digest);
            writer.WriteString("signature", signature.Id);
            writer.WriteString("predicateType", signature.PredicateType);
            writer.WriteString("signer", signature.Signer);
            writer.WriteString("origin", origin);
            writer.WriteEndObject();
        });
        await context.Audit.AppendAsync(session, new AuditEntry("registry.version.sign", version.Ref.ToString(), After: data)).ConfigureAwait(false);
        await context.Events.AppendAsync(session, RegistryEvents.VersionSigned, version.Model, data).ConfigureAwait(false);
    }
}
