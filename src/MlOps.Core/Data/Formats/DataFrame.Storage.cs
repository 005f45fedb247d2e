namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>Writes the frame in the binary format of <see cref="FrameWriter"/>: columnar, versioned, checksummed; equal frames give equal bytes.</summary>
    /// <param name="stream">Where to; not closed.</param>
    public void Save(Stream stream)
    {
        using var writer = new FrameWriter(stream);
        writer.Write(this);
        writer.Finish();
    }

    /// <summary>Reads a whole stored frame. Use <see cref="FrameReader"/> to read batch by batch.</summary>
    /// <param name="stream">Where from; not closed.</param>
    /// <param name="source">What messages call the source, such as a file's path.</param>
    /// <returns>The frame.</returns>
    /// <exception cref="CorruptDataException">The bytes are no stored frame, damaged or cut off.</exception>
    public static DataFrame Load(Stream stream, string source = "the stored frame")
    {
        var reader = new FrameReader(stream, source);
        var batches = new List<DataFrame>();
        while (reader.Read() is { } batch)
            batches.Add(batch);
        return batches.Count == 0 ? reader.Empty : Concat(batches);
    }
}
