using System.Runtime.InteropServices;

namespace MlOps.Features;

/// <summary>
/// The most frequent values of a stream in bounded memory: exact while there are few different ones; beyond, every count is too low by at most
/// the number of times that all counts were lowered. After Misra and Gries (1982).
/// </summary>
/// <typeparam name="T">The value.</typeparam>
internal sealed class FrequentValues<T>
    where T : notnull
{
    public const int Capacity = 1024;
    private readonly Dictionary<T, long> _counts = new(Capacity);
    private long _lowered;

    public void Add(T value)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, value);
        if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref count))
        {
            count++;
            return;
        }

        if (_counts.Count < Capacity)
        {
            _counts.Add(value, 1);
            return;
        }

        _lowered++;
        foreach (var (known, times) in _counts.ToArray())
        {
            if (times == 1)
                _counts.Remove(known);
            else
                _counts[known] = times - 1;
        }
    }

    /// <summary>The most frequent first; of inexact ones, only those that are certainly among the frequent.</summary>
    public FeatureValueCount[] Top(int most, Func<T, string> text) =>
    [
        .. _counts.Where(pair => _lowered == 0 || pair.Value > _lowered)
            .OrderByDescending(pair => pair.Value).ThenBy(pair => text(pair.Key), StringComparer.Ordinal).Take(most)
            .Select(pair => new FeatureValueCount(text(pair.Key), pair.Value, _lowered == 0)),
    ];
}
