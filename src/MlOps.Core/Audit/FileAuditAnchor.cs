using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MlOps.Files;

namespace MlOps;

/// <summary>
/// Keeps checkpoints as files of a directory, one each, never written again: put it on a share that is append-only for this process, or
/// into another machine's backup.
/// </summary>
/// <param name="directory">The directory; made when it is absent.</param>
/// <param name="files">The durable file layer; null for the local disk.</param>
public sealed class FileAuditAnchor(string directory, IFileSystem? files = null) : IAuditAnchor
{
    private const string Extension = ".checkpoint";
    private readonly IFileSystem _files = files ?? new PhysicalFileSystem();
    private readonly string _directory = Path.GetFullPath(directory);

    /// <inheritdoc />
    public ValueTask PublishAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        cancellationToken.ThrowIfCancellationRequested();
        _files.CreateDirectory(_directory);
        var bytes = Encoding.UTF8.GetBytes(checkpoint.Note);
        // Two checkpoints of one size are both kept: that they differ is what a verification must see.
        var name = string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Size:D20}-{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}{Extension}");
        var temporary = Path.Combine(_directory, $".{name}.{Guid.NewGuid():N}");
        using (var file = _files.CreateNew(temporary))
        {
            file.Write(bytes);
            file.Flush();
        }

        _files.Publish(temporary, Path.Combine(_directory, name));
        _files.FlushDirectory(_directory);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<AuditCheckpoint>> ReadAsync(CancellationToken cancellationToken = default)
    {
        _files.CreateDirectory(_directory);
        var checkpoints = new List<AuditCheckpoint>();
        foreach (var path in _files.ListFiles(_directory).Where(path => path.EndsWith(Extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(_files.OpenRead(path), Encoding.UTF8);
            checkpoints.Add(AuditCheckpoint.Parse(await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false)));
        }

        return checkpoints;
    }
}
