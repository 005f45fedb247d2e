using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace MlOps.Orchestration;

/// <summary>
/// Names an engine in leases: machine, boot and process-id space, process id, start of the process, and a number of its own.
/// With it a host that starts again after a kill sees that the former owner is dead and need not wait for the lease to end.
/// </summary>
internal static class LeaseOwner
{
    private static readonly string Place = FindPlace();
    private static readonly string Process = Describe(Environment.ProcessId) ?? "unknown";

    public static string Create() => $"{Place}|{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}|{Process}|{Guid.NewGuid():N}";

    /// <summary>True only when the owner ran on this machine, in this boot and process-id space, and its process is gone.</summary>
    public static bool IsDead(string owner)
    {
        var parts = owner.Split('|');
        return parts.Length == 4 && parts[0] == Place && parts[2] != "unknown" &&
            int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id) &&
            Describe(id) != parts[2];
    }

    private static string? Describe(int id)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The start time in clock ticks since boot, which no clock change moves; the name in parentheses may hold spaces.
                var stat = File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat");
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                return fields[0] is "Z" or "X" ? null : fields[19];
            }

            using var process = System.Diagnostics.Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime().Ticks.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
        catch (Exception error) when (error is Win32Exception or UnauthorizedAccessException or NotSupportedException)
        {
            // Not to be known is not to be dead.
            return "unknown";
        }
    }

    private static string FindPlace()
    {
        var boot = "";
        if (OperatingSystem.IsLinux())
        {
            try
            {
                boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() + ":" + new FileInfo("/proc/self/ns/pid").LinkTarget;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                boot = Guid.NewGuid().ToString("N");
            }
        }

        return (Environment.MachineName + ":" + boot).Replace('|', '_');
    }
}
