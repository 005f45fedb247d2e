namespace MlOps.Registry;

/// <summary>Where a layout is written, file by file in ordinal order of names.</summary>
internal interface ILayoutTarget
{
    /// <summary>Writes a file of exactly so many bytes.</summary>
    ValueTask AddAsync(string name, Stream content, long size, CancellationToken cancellationToken);

    /// <summary>Makes the layout visible; everything was added.</summary>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
