using System.Globalization;

namespace MlOps.Registry;

/// <summary>The few lines of Linux's /proc that are read (proc(5)). What does not look as described is taken as absent.</summary>
internal static class ProcFiles
{
    public const string Stat = "/proc/stat";
    public const string MemInfo = "/proc/meminfo";
    public const string Io = "/proc/self/io";

    /// <summary>The first line of /proc/stat: user nice system idle iowait irq softirq steal; guest time is contained in user and nice.</summary>
    public static ProcessorTimes? ParseStat(string? text)
    {
        if (text is null || !text.StartsWith("cpu ", StringComparison.Ordinal))
            return null;
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var fields = (end < 0 ? text : text[..end]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 5)
            return null;
        var (busy, total) = (0L, 0L);
        for (var i = 1; i < Math.Min(fields.Length, 9); i++)
        {
            if (!long.TryParse(fields[i], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks))
                return null;
            total += ticks;
            if (i is not (4 or 5))
                busy += ticks;
        }

        return new ProcessorTimes(busy, total);
    }

    /// <summary>MemAvailable of /proc/meminfo in bytes.</summary>
    public static long? ParseAvailable(string? text) => Find(text, "MemAvailable:") * 1024;

    /// <summary>What the process had the disks do, from /proc/self/io.</summary>
    public static (long Read, long Written)? ParseIo(string? text) =>
        Find(text, "read_bytes:") is { } read && Find(text, "write_bytes:") is { } written ? (read, written) : null;

    private static long? Find(string? text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(name, StringComparison.Ordinal))
                continue;
            var rest = line[name.Length..].Trim();
            var space = rest.IndexOf(' ');
            return long.TryParse(space < 0 ? rest : rest[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        }

        return null;
    }
}
