using System.Globalization;
using System.Runtime.InteropServices;

namespace MlOps.Registry;

/// <summary>
/// NVIDIA GPUs by the management library that the driver installs (NVML), found at run time: where it is absent there are no readings.
/// The functions are those of nvml.h that exist since driver 319 in the versions used here. Used by one caller at a time.
/// </summary>
internal sealed unsafe class NvmlDevices
{
    private const int MostDevices = 64;

    private readonly Device[] _devices;
    private readonly delegate* unmanaged[Cdecl]<nint, Utilization*, int> _utilization;
    private readonly delegate* unmanaged[Cdecl]<nint, Memory*, int> _memory;

    private NvmlDevices(Device[] devices, nint utilization, nint memory)
    {
        _devices = devices;
        _utilization = (delegate* unmanaged[Cdecl]<nint, Utilization*, int>)utilization;
        _memory = (delegate* unmanaged[Cdecl]<nint, Memory*, int>)memory;
    }

    /// <summary>The devices, or null where there is no driver, no device, or no permission. The library stays loaded until the process ends.</summary>
    public static NvmlDevices? TryOpen()
    {
        var name = OperatingSystem.IsWindows() ? "nvml.dll" : "libnvidia-ml.so.1";
        if (!NativeLibrary.TryLoad(name, out var library))
            return null;
        if (!NativeLibrary.TryGetExport(library, "nvmlInit_v2", out var init) ||
            !NativeLibrary.TryGetExport(library, "nvmlDeviceGetCount_v2", out var getCount) ||
            !NativeLibrary.TryGetExport(library, "nvmlDeviceGetHandleByIndex_v2", out var getHandle) ||
            !NativeLibrary.TryGetExport(library, "nvmlDeviceGetUtilizationRates", out var utilization) ||
            !NativeLibrary.TryGetExport(library, "nvmlDeviceGetMemoryInfo", out var memory))
        {
            return null;
        }

        var count = 0u;
        if (((delegate* unmanaged[Cdecl]<int>)init)() != 0 || ((delegate* unmanaged[Cdecl]<uint*, int>)getCount)(&count) != 0)
            return null;
        var devices = new List<Device>();
        for (var i = 0u; i < Math.Min(count, MostDevices); i++)
        {
            nint handle = 0;
            if (((delegate* unmanaged[Cdecl]<uint, nint*, int>)getHandle)(i, &handle) == 0)
                devices.Add(new Device(handle, i));
        }

        return devices.Count == 0 ? null : new NvmlDevices([.. devices], utilization, memory);
    }

    public void Read(List<KeyValuePair<string, double>> readings)
    {
        foreach (var device in _devices)
        {
            // A device split into instances (MIG) reports no utilisation; its memory is read all the same.
            Utilization utilization;
            if (_utilization(device.Handle, &utilization) == 0)
                readings.Add(new(device.UtilizationName, utilization.Gpu));
            Memory memory;
            if (_memory(device.Handle, &memory) != 0)
                continue;
            readings.Add(new(device.MemoryName, memory.Used));
            readings.Add(new(device.MemoryPercentName, memory.Total == 0 ? 0 : 100.0 * memory.Used / memory.Total));
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Utilization
    {
        public uint Gpu;
        public uint Memory;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Memory
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }

    private sealed class Device(nint handle, uint index)
    {
        public nint Handle => handle;

        public string UtilizationName { get; } = string.Create(CultureInfo.InvariantCulture, $"system/gpu/{index}/utilization_percent");

        public string MemoryName { get; } = string.Create(CultureInfo.InvariantCulture, $"system/gpu/{index}/memory_used_bytes");

        public string MemoryPercentName { get; } = string.Create(CultureInfo.InvariantCulture, $"system/gpu/{index}/memory_used_percent");
    }
}
