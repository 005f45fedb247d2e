using System.Globalization;

namespace MlOps.Benchmarks.Claims.Support;

/// <summary>The highest anonymous and file-backed resident memory of this process since the start, sampled every 20 ms (Linux).</summary>
internal sealed class MemoryPeak : IDisposable
{
    private readonly Timer _timer;
    private long _anonymous;
    private long _files;

    public MemoryPeak()
    {
        Sample();
        _timer = new Timer(_ => Sample(), null, 20, 20);
    }

    public long Anonymous => Interlocked.Read(ref _anonymous);

    public long Files => Interlocked.Read(ref _files);

    public void Restart()
    {
        Interlocked.Exchange(ref _anonymous, 0);
        Interlocked.Exchange(ref _files, 0);
        Sample();
    }

    public void Dispose() => _timer.Dispose();

    private void Sample()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
                Raise(ref _anonymous, line);
            else if (line.StartsWith("RssFile:", StringComparison.Ordinal))
                Raise(ref _files, line);
        }
    }

    private static void Raise(ref long peak, string line)
    {
        long bytes = 1024 * long.Parse(line.AsSpan(8, line.Length - 8 - 2).Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        long known;
        while (bytes > (known = Interlocked.Read(ref peak)) && Interlocked.CompareExchange(ref peak, bytes, known) != known)
        {
        }
    }
}
