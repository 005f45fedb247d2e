namespace MlOps.Artifacts;

/// <summary>Reads from packs, keeping the last few open. Not thread-safe.</summary>
/// <param name="open">Opens a pack; null when it is nowhere.</param>
internal sealed class PackReader(Func<Guid, (Stream Stream, string Path)?> open) : IDisposable
{
    private const int MostOpen = 8;
    private readonly List<(Guid Pack, Stream Stream, string Path)> _open = [];

    /// <summary>Fills a buffer from a pack; null when there is no such pack, else the bytes that were there.</summary>
    public (int Read, string Path)? TryRead(Guid pack, long offset, Span<byte> buffer)
    {
        if (Find(pack) is not { } found)
            return null;
        try
        {
            if (found.Stream.Position != offset)
                found.Stream.Position = offset;
            return (found.Stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false), found.Path);
        }
        catch (IOException exception)
        {
            throw Files.StorageErrors.From("read", found.Path, exception);
        }
    }

    public void Dispose()
    {
        foreach (var pack in _open)
            pack.Stream.Dispose();
        _open.Clear();
    }

    private (Stream Stream, string Path)? Find(Guid pack)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            if (_open[i].Pack == pack)
                return (_open[i].Stream, _open[i].Path);
        }

        if (open(pack) is not { } opened)
            return null;
        if (_open.Count == MostOpen)
        {
            _open[0].Stream.Dispose();
            _open.RemoveAt(0);
        }

        _open.Add((pack, opened.Stream, opened.Path));
        return opened;
    }
}
