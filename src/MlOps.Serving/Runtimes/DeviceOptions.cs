using System.Collections.ObjectModel;
using System.Globalization;

namespace MlOps.Serving;

/// <summary>A device to run on. Settings of another kind of device than <see cref="Kind"/> have no effect.</summary>
public sealed record DeviceOptions
{
    /// <summary>What kind of device.</summary>
    /// <value>Default: <see cref="DeviceKind.Cpu"/>.</value>
    public DeviceKind Kind { get; init; }

    /// <summary>Which GPU, as CUDA counts them.</summary>
    /// <value>Default: 0.</value>
    public int DeviceId { get; init; }

    /// <summary>The most bytes that one session's arena takes on the GPU; weights included, kernels' own workspaces not.</summary>
    /// <value>Default: null, all there is.</value>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>How the arena grows.</summary>
    /// <value>Default: <see cref="ArenaGrowth.SameAsRequested"/>, which keeps several models on one card apart.</value>
    public ArenaGrowth ArenaGrowth { get; init; } = ArenaGrowth.SameAsRequested;

    /// <summary>How convolution kernels are chosen.</summary>
    /// <value>Default: <see cref="ConvolutionSearch.Heuristic"/>: shapes vary with the batch, and each new one would be searched.</value>
    public ConvolutionSearch ConvolutionSearch { get; init; } = ConvolutionSearch.Heuristic;

    /// <summary>Whether products of 32-bit floats may be computed in TensorFloat-32: several times faster, 10 bits of fraction.</summary>
    /// <value>Default: false, so that a model answers as on the CPU.</value>
    public bool UseTf32 { get; init; }

    /// <summary>Whether convolutions are laid out channels last.</summary>
    /// <value>Default: false.</value>
    public bool PreferNhwc { get; init; }

    /// <summary>
    /// Whether runs of a batch size are recorded as a CUDA graph and replayed: the launch cost of all kernels becomes that of one. All nodes must
    /// run on the GPU, without control flow; each batch size is one recording.
    /// </summary>
    /// <value>Default: false.</value>
    public bool CudaGraph { get; init; }

    /// <summary>Whether TensorRT may compute in 16-bit floats.</summary>
    /// <value>Default: false.</value>
    public bool Fp16 { get; init; }

    /// <summary>Whether TensorRT may compute in 8-bit integers; the model must carry its scales.</summary>
    /// <value>Default: false.</value>
    public bool Int8 { get; init; }

    /// <summary>Where TensorRT's built engines are kept.</summary>
    /// <value>Default: null: each load builds anew, which takes minutes.</value>
    public string? EngineCacheFolder { get; init; }

    /// <summary>Further settings by the provider's own keys; they win over the ones above.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The device as status, logs and metrics show it.</summary>
    public override string ToString() => Kind == DeviceKind.Cpu ? Cpu : string.Create(CultureInfo.InvariantCulture, $"{(Kind == DeviceKind.Cuda ? "cuda" : "tensorrt")}:{DeviceId}");

    internal const string Cpu = "cpu";

    internal Dictionary<string, string> CudaSettings() => With(new(StringComparer.Ordinal)
    {
        ["device_id"] = Text(DeviceId),
        ["gpu_mem_limit"] = Text(MemoryLimitBytes ?? long.MaxValue),
        ["arena_extend_strategy"] = ArenaGrowth == ArenaGrowth.NextPowerOfTwo ? "kNextPowerOfTwo" : "kSameAsRequested",
        ["cudnn_conv_algo_search"] = ConvolutionSearch switch { ConvolutionSearch.Exhaustive => "EXHAUSTIVE", ConvolutionSearch.Heuristic => "HEURISTIC", _ => "DEFAULT" },
        ["use_tf32"] = Flag(UseTf32),
        ["prefer_nhwc"] = Flag(PreferNhwc),
        ["enable_cuda_graph"] = Flag(CudaGraph),
        ["do_copy_in_default_stream"] = "1",
    }, Kind == DeviceKind.Cuda);

    internal Dictionary<string, string> TensorRtSettings() => With(new(StringComparer.Ordinal)
    {
        ["device_id"] = Text(DeviceId),
        ["trt_fp16_enable"] = Flag(Fp16),
        ["trt_int8_enable"] = Flag(Int8),
        ["trt_engine_cache_enable"] = Flag(EngineCacheFolder is not null),
        ["trt_engine_cache_path"] = EngineCacheFolder ?? "",
        ["trt_cuda_graph_enable"] = Flag(CudaGraph),
    }, Kind == DeviceKind.TensorRt);

    internal IEnumerable<string> Errors()
    {
        if (!Enum.IsDefined(Kind))
            yield return $"{nameof(Kind)} is {Kind}; known are {string.Join(", ", Enum.GetNames<DeviceKind>())}";
        if (DeviceId is < 0 or > 255)
            yield return $"{nameof(DeviceId)} is {DeviceId}; 0 to 255 are possible";
        if (MemoryLimitBytes is < 1 << 20)
            yield return $"{nameof(MemoryLimitBytes)} is {MemoryLimitBytes}; at least 1 MB is needed";
        if (!Enum.IsDefined(ArenaGrowth))
            yield return $"{nameof(ArenaGrowth)} is {ArenaGrowth}; known are {string.Join(", ", Enum.GetNames<ArenaGrowth>())}";
        if (!Enum.IsDefined(ConvolutionSearch))
            yield return $"{nameof(ConvolutionSearch)} is {ConvolutionSearch}; known are {string.Join(", ", Enum.GetNames<ConvolutionSearch>())}";
        if (EngineCacheFolder is { Length: 0 })
            yield return $"{nameof(EngineCacheFolder)} is empty; name a folder or leave it out";
    }

    private Dictionary<string, string> With(Dictionary<string, string> settings, bool own)
    {
        foreach (var (key, value) in own ? Settings : new Dictionary<string, string>())
            settings[key] = value;
        return settings;
    }

    private static string Flag(bool value) => value ? "1" : "0";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
