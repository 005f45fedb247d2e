using System.Security.Cryptography;

namespace MlOps.Serving;

/// <summary>
/// Decides whether a model file may be given to ONNX Runtime: inside the environment's directory, of the registered digest, within a size,
/// an ONNX graph within limits (<see cref="OnnxWalk"/>), and either proven to be bounded (<see cref="OnnxProof"/>) or tried in a child
/// process (<see cref="ModelTrials"/>). The bytes that were checked are the bytes that are loaded.
/// </summary>
internal sealed class ModelAdmission(EnvironmentContext context, ModelAdmissionOptions options)
{
    // Larger files are checked through a window, so that a refused one costs no memory.
    private const long HeldAtOnce = 1 << 20;

    /// <summary>The trials behind the admission.</summary>
    public ModelTrials Trials { get; } = new(context, options);

    /// <summary>Checks a file and reads it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What the registry says of it.</param>
    /// <param name="examplePath">The stored example that its trial runs, or null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="InvalidInputException">The file is refused; the message says why.</exception>
    /// <exception cref="CorruptDataException">The bytes are not those that were registered.</exception>
    public async ValueTask<byte[]> AdmitAsync(string path, ArtifactRef content, string? examplePath = null, CancellationToken cancellationToken = default)
    {
        EnsureInside(path, context.Directory);
        var length = context.Files.FileLength(path);
        if (length > options.MaximumBytes || length > Array.MaxLength)
            throw new InvalidInputException(
                $"Model file '{path}' has {length} bytes; at most {options.MaximumBytes} are loaded. Raise ModelAdmissionOptions.MaximumBytes if the model is trusted.");
        if (length != content.Size)
            throw new CorruptDataException($"Model file '{path}' has {length} bytes where {content.Size} were registered.");
        byte[]? bytes = null;
        bool proven;
        if (length <= HeldAtOnce)
        {
            bytes = Read(path, content);
            proven = Check(bytes, options);
        }
        else
        {
            using var stream = context.Files.OpenRead(path);
            Verify(path, content, SHA256.HashData(stream));
            proven = Check(new ProtoSource(stream), options);
        }

        if (!proven)
            await Trials.RequireAsync(path, content, examplePath, cancellationToken).ConfigureAwait(false);
        return bytes ?? Read(path, content);
    }

    /// <summary>Checks bytes without trying them.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="options">The limits.</param>
    /// <returns>Whether the model is proven to be bounded.</returns>
    /// <exception cref="InvalidInputException">The file is refused; the message says why.</exception>
    public static bool Check(byte[] bytes, ModelAdmissionOptions options) => Check(new ProtoSource(bytes), options);

    /// <summary>Checks bytes without trying them.</summary>
    /// <param name="source">The file.</param>
    /// <param name="options">The limits.</param>
    /// <returns>Whether the model is proven to be bounded.</returns>
    /// <exception cref="InvalidInputException">The file is refused; the message says why.</exception>
    public static bool Check(ProtoSource source, ModelAdmissionOptions options)
    {
        if (source.Length > options.MaximumBytes)
            throw new InvalidInputException($"The model file has {source.Length} bytes; at most {options.MaximumBytes} are loaded.");
        var start = source.At(0, 2);
        if (start is [0x80, >= 2 and <= 5, ..])
            throw new InvalidInputException("The file is a Python pickle, which runs code when it is loaded: export the model to ONNX.");
        if (start.StartsWith("PK"u8))
            throw new InvalidInputException("The file is a zip archive: export the model to ONNX.");
        var walk = new OnnxWalk(options);
        walk.Model(source);
        return OnnxProof.Holds(walk.Outline);
    }

    private byte[] Read(string path, ArtifactRef content)
    {
        var bytes = new byte[content.Size];
        using (var stream = context.Files.OpenRead(path))
            stream.ReadExactly(bytes);
        Verify(path, content, SHA256.HashData(bytes));
        return bytes;
    }

    private static void Verify(string path, ArtifactRef content, byte[] hash)
    {
        if (ArtifactDigest.FromHash(hash) != content.ParsedDigest)
            throw new CorruptDataException($"Model file '{path}' does not have the registered digest {content.Digest}.");
    }

    private static void EnsureInside(string path, string directory)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + Path.DirectorySeparatorChar;
        var full = Path.GetFullPath(path);
        if (!full.StartsWith(root, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            throw new InvalidInputException($"Model file '{path}' lies outside the environment's directory '{directory}'.");
        for (var part = full; part.Length > root.Length; part = Path.GetDirectoryName(part)!)
        {
            if (File.ResolveLinkTarget(part, returnFinalTarget: false) is not null)
                throw new InvalidInputException($"Model file '{path}' is a symbolic link, or lies behind one ('{part}').");
        }
    }
}
