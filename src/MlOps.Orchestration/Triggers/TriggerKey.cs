using System.Globalization;

namespace MlOps.Orchestration;

/// <summary>The run key under which a trigger starts at most one run for an event.</summary>
internal static class TriggerKey
{
    public static string Of(string trigger, long sequence) => string.Create(CultureInfo.InvariantCulture, $"trigger:{trigger}:{sequence}");
}
