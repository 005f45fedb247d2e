using System.Runtime.Intrinsics.X86;

namespace MlOps.Features;

/// <summary>Numbers 64-bit integers densely; see <see cref="TextTable"/>.</summary>
internal sealed unsafe class NumberTable
{
    private const int Block = 64;
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private Slot[] _slots = new Slot[256];
    private long[] _numbers = new long[128];

    public int Count { get; private set; }

    public ReadOnlySpan<long> Numbers => _numbers.AsSpan(0, Count);

    /// <summary>The number of each integer, new ones numbered.</summary>
    public void GetOrAddAll(ReadOnlySpan<long> numbers, Span<int> codes) => Ask(numbers, codes, isGrowing: true);

    /// <summary>The number of each integer, -1 for an unknown one.</summary>
    public void FindAll(ReadOnlySpan<long> numbers, Span<int> codes) => Ask(numbers, codes, isGrowing: false);

    private void Ask(ReadOnlySpan<long> numbers, Span<int> codes, bool isGrowing)
    {
        var places = stackalloc uint[Block];
        for (var start = 0; start < numbers.Length; start += Block)
        {
            var block = numbers.Slice(start, Math.Min(Block, numbers.Length - start));
            if (isGrowing && 2 * (Count + Block) > _slots.Length)
                Grow();
            var mask = (uint)_slots.Length - 1;
            fixed (Slot* slots = _slots)
            {
                for (var i = 0; i < block.Length; i++)
                {
                    places[i] = Hash(block[i]) & mask;
                    if (Sse.IsSupported)
                        Sse.Prefetch0(slots + places[i]);
                }

                for (var i = 0; i < block.Length; i++)
                {
                    var at = places[i];
                    while (slots[at].Code != 0 && slots[at].Number != block[i])
                        at = (at + 1) & mask;
                    if (slots[at].Code == 0 && isGrowing)
                    {
                        if (Count == _numbers.Length)
                            Array.Resize(ref _numbers, 2 * _numbers.Length);
                        _numbers[Count] = block[i];
                        slots[at] = new Slot(block[i], ++Count);
                    }

                    codes[start + i] = slots[at].Code - 1;
                }
            }
        }
    }

    private uint Hash(long number)
    {
        var hash = ((ulong)number ^ _seed) * 0x9E3779B97F4A7C15;
        hash ^= hash >> 32;
        hash *= 0xD6E8FEB86659FD93;
        return (uint)(hash >> 32);
    }

    private void Grow()
    {
        var slots = new Slot[_slots.Length * 2];
        var mask = (uint)slots.Length - 1;
        foreach (var slot in _slots)
        {
            if (slot.Code == 0)
                continue;
            var at = Hash(slot.Number) & mask;
            while (slots[at].Code != 0)
                at = (at + 1) & mask;
            slots[at] = slot;
        }

        _slots = slots;
    }

    private readonly record struct Slot(long Number, int Code);
}
