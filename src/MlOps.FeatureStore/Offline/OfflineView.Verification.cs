namespace MlOps.Features;

internal sealed partial class OfflineView
{
    /// <summary>Reads every segment as a whole and checks every checksum.</summary>
    public async ValueTask<OfflineVerification> VerifyAsync(CancellationToken cancellationToken)
    {
        var manifest = await ManifestAsync(null, cancellationToken).ConfigureAwait(false);
        var damages = new List<OfflineDamage>();
        var (segments, bytes) = (0, 0L);
        foreach (var row in manifest.Rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SegmentReader reader;
            try
            {
                reader = SegmentReader.Open(_context.Files, PathOf(row.File), Plan);
            }
            catch (CorruptDataException damage)
            {
                if (await IsOutdatedAsync(manifest, cancellationToken).ConfigureAwait(false))
                    return await VerifyAsync(cancellationToken).ConfigureAwait(false);
                damages.Add(new OfflineDamage(PathOf(row.File), damage.Message));
                segments++;
                continue;
            }

            try
            {
                damages.AddRange(reader.FindDamages().Select(part => new OfflineDamage(reader.Path, part)));
                if (reader.Rows != row.Rows)
                    damages.Add(new OfflineDamage(reader.Path, $"has {reader.Rows} rows, but the manifest says {row.Rows}"));
                segments++;
                bytes += reader.Bytes;
            }
            finally
            {
                reader.Release();
            }
        }

        return new OfflineVerification(Plan.View.Name, segments, bytes, damages);
    }
}
