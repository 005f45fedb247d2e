using System.Globalization;
using MlOps.Benchmarks.Claims;

namespace MlOps.Benchmarks.Measuring;

/// <summary>Contenders measured against each other in one process, in turns.</summary>
public sealed class PairedResult(IReadOnlyList<PairedSample> samples)
{
    public IReadOnlyList<PairedSample> Samples => samples;

    public PairedSample this[string name] => samples.Single(sample => sample.Name == name);

    /// <summary>Processor time of <paramref name="name"/> over that of <paramref name="baseline"/>.</summary>
    public double CpuRatio(string name, string baseline) => this[name].CpuNanoseconds / this[baseline].CpuNanoseconds;

    /// <summary>Time passed of <paramref name="name"/> over that of <paramref name="baseline"/>.</summary>
    public double WallRatio(string name, string baseline) => this[name].WallNanoseconds / this[baseline].WallNanoseconds;

    /// <summary>A table for the documentation, as ratios to <paramref name="baseline"/>.</summary>
    public ClaimDetail ToDetail(string title, string baseline) => new(
        title,
        ["contender", "CPU per operation", $"ratio to {baseline}", "time passed", "allocated"],
        [.. samples.Select(sample => (IReadOnlyList<string>)
        [
            sample.Name,
            Time(sample.CpuNanoseconds),
            string.Create(CultureInfo.InvariantCulture, $"{CpuRatio(sample.Name, baseline):F2}"),
            Time(sample.WallNanoseconds),
            string.Create(CultureInfo.InvariantCulture, $"{sample.AllocatedBytes:F0} B"),
        ])]);

    /// <summary>Nanoseconds in the unit that reads best.</summary>
    public static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:F1} ns"),
        < 1e6 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:F2} us"),
        < 1e9 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:F2} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:F2} s"),
    };
}
