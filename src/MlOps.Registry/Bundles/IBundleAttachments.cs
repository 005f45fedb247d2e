namespace MlOps.Registry;

/// <summary>What else belongs to a version and travels with it: one implementation for each media type. Bundles know nothing of its meaning.</summary>
internal interface IBundleAttachments
{
    /// <summary>The media type that this one reads and stores.</summary>
    string MediaType { get; }

    /// <summary>Where the n-th one (from 1) lies when the bundle is unpacked.</summary>
    string PathOf(int number);

    /// <summary>The attachments of a version in a fixed order.</summary>
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ListAsync(ModelVersion version, CancellationToken cancellationToken);

    /// <summary>Refuses what does not belong to a version that is about to be registered and has no number yet.</summary>
    void Check(ModelVersion version, ModelManifestBytes bytes, ReadOnlyMemory<byte> attachment);

    /// <summary>Stores attachments of a version that was just imported, in one transaction. Storing one again changes nothing.</summary>
    ValueTask StoreAsync(ModelVersion version, IReadOnlyList<ReadOnlyMemory<byte>> attachments, CancellationToken cancellationToken);
}
