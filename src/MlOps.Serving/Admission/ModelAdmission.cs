using System.Security.Cryptography;

namespace MlOps.Serving;

/// <summary>
/// Decides whether a model file may be given to ONNX Runtime: inside the environment's directory, within a size, and an ONNX graph
/// within limits (<see cref="OnnxWalk"/>). The bytes that were checked are the bytes that are loaded.
/// </summary>
internal static class ModelAdmission
{
    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="directory">The directory that it must lie in.</param>
    /// <param name="expected">What the registry says of it.</param>
    /// <param name="options">The limits.</param>
    /// <param name="files">The file layer.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="InvalidInputException">The file is refused; the message says why.</exception>
    /// <exception cref="CorruptDataException">The bytes are not those that were registered.</exception>
    public static byte[] Admit(string path, string directory, ArtifactRef expected, ModelAdmissionOptions options, IFileSystem files)
    {
        EnsureInside(path, directory);
        var length = files.FileLength(path);
        if (length > options.MaximumBytes || length > Array.MaxLength)
            throw new InvalidInputException(
                $"Model file '{path}' has {length} bytes; at most {options.MaximumBytes} are loaded. Raise ModelAdmissionOptions.MaximumBytes if the model is trusted.");
        if (length != expected.Size)
            throw new CorruptDataException($"Model file '{path}' has {length} bytes where {expected.Size} were registered.");
        var bytes = new byte[length];
        using (var stream = files.OpenRead(path))
            stream.ReadExactly(bytes);
        if (ArtifactDigest.FromHash(SHA256.HashData(bytes)) != expected.ParsedDigest)
            throw new CorruptDataException($"Model file '{path}' does not have the registered digest {expected.Digest}.");
        Check(bytes, options);
        return bytes;
    }

    /// <summary>Checks bytes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="InvalidInputException">The file is refused; the message says why.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, ModelAdmissionOptions options)
    {
        if (bytes.Length > options.MaximumBytes)
            throw new InvalidInputException($"The model file has {bytes.Length} bytes; at most {options.MaximumBytes} are loaded.");
        if (bytes.Length > 0 && bytes[0] == 0x80 && bytes.Length > 1 && bytes[1] is >= 2 and <= 5)
            throw new InvalidInputException("The file is a Python pickle, which runs code when it is loaded: export the model to ONNX.");
        if (bytes.StartsWith("PK"u8))
            throw new InvalidInputException("The file is a zip archive: export the model to ONNX.");
        new OnnxWalk(options).Model(bytes);
    }

    private static void EnsureInside(string path, string directory)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) + Path.DirectorySeparatorChar;
        var full = Path.GetFullPath(path);
        if (!full.StartsWith(root, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            throw new InvalidInputException($"Model file '{path}' lies outside the environment's directory '{directory}'.");
        if (File.ResolveLinkTarget(full, returnFinalTarget: false) is not null)
            throw new InvalidInputException($"Model file '{path}' is a symbolic link.");
    }
}
