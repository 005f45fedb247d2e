using System.Buffers;
using Microsoft.Extensions.Logging;

namespace MlOps.Registry;

/// <summary>Bundles over the registry and the artifact store of one environment.</summary>
internal sealed partial class ModelBundles(EnvironmentContext context, IModelRegistry registry, IEnumerable<IBundleAttachments> attachments) : IModelBundles
{
    private static readonly TimeSpan OrphanAge = TimeSpan.FromDays(1);

    private readonly IBundleAttachments[] _attachments = [.. attachments];
    private readonly ILogger _logger = context.LoggerFactory.CreateLogger<ModelBundles>();
    private readonly string _incoming = Path.Combine(context.Directory, "bundles");

    public async ValueTask<ExportedBundle> ExportAsync(
        ModelVersionRef version, string directory, BundleExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        RequireExport(version);
        var plan = await PlanAsync(version, options ?? new BundleExportOptions(), cancellationToken).ConfigureAwait(false);
        using var target = new DirectoryLayoutTarget(context.Files, directory);
        return await WriteAsync(version, plan, target, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ExportedBundle> ExportTarAsync(
        ModelVersionRef version, Stream destination, BundleExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        RequireExport(version);
        var plan = await PlanAsync(version, options ?? new BundleExportOptions(), cancellationToken).ConfigureAwait(false);
        return await WriteAsync(version, plan, new TarLayoutTarget(destination), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ModelVersion> ImportAsync(string directory, BundleImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        RequireImport(options);
        using var source = new DirectoryLayoutSource(context.Files, Path.GetFullPath(directory));
        return await ImportAsync(source, options ?? new BundleImportOptions(), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<ModelVersion> ImportTarAsync(Stream source, BundleImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireImport(options);
        options ??= new BundleImportOptions();
        if (source.CanSeek)
            return await ImportSeekableAsync(source, options, cancellationToken).ConfigureAwait(false);

        var path = Path.Combine(_incoming, $"{Guid.NewGuid():N}.tar");
        try
        {
            SweepIncoming();
            await SpoolAsync(source, path, options.MaximumBytes, cancellationToken).ConfigureAwait(false);
            var spooled = context.Files.OpenRead(path);
            await using (spooled.ConfigureAwait(false))
                return await ImportSeekableAsync(spooled, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            TryDelete(path);
        }
    }

    private void RequireExport(ModelVersionRef version)
    {
        context.Access.Require(EnvironmentPermission.Read, $"version {version}");
        context.Access.Require(EnvironmentPermission.ReadArtifacts, $"the artifacts of version {version}");
    }

    private void RequireImport(BundleImportOptions? options)
    {
        context.Access.Require(EnvironmentPermission.RegisterModels, options?.Model is { } model ? $"model '{NameRules.Shown(model)}'" : "models (by a bundle)");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options?.MaximumBytes ?? 1, nameof(options));
    }

    private async ValueTask<ModelVersion> ImportSeekableAsync(Stream tar, BundleImportOptions options, CancellationToken cancellationToken)
    {
        using var source = await TarLayoutSource.OpenAsync(tar, cancellationToken).ConfigureAwait(false);
        return await ImportAsync(source, options, cancellationToken).ConfigureAwait(false);
    }

    // The file need not survive a crash: what is left of one is swept by a later import.
    private async ValueTask SpoolAsync(Stream source, string path, long maximum, CancellationToken cancellationToken)
    {
        context.Files.CreateDirectory(_incoming);
        using var file = context.Files.CreateNew(path);
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            int read;
            while ((read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (file.Length > maximum - read)
                    throw new InvalidInputException($"The tar file has more than {maximum} bytes, the largest that is accepted (BundleImportOptions.MaximumBytes).");
                file.Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void SweepIncoming()
    {
        var before = context.Clock.GetUtcNow() - OrphanAge;
        foreach (var path in context.Files.ListFiles(_incoming))
        {
            try
            {
                if (context.Files.LastWriteTime(path) < before)
                    TryDelete(path);
            }
            catch (FileNotFoundException)
            {
                // Another import took it.
            }
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            context.Files.Delete(path);
        }
        catch (StorageException)
        {
            // The first error is the one to report; a later import sweeps the file.
        }
    }
}
