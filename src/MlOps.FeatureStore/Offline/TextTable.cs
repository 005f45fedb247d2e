using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MlOps.Features;

/// <summary>
/// Numbers texts densely. An open hash table that is asked in blocks, with the memory of each step fetched ahead, since a look-up among many
/// texts costs nothing but waiting for memory. Hashes are seeded by the process, so that chosen keys do not collide. Not thread-safe for additions.
/// </summary>
internal sealed unsafe class TextTable
{
    private const int Block = 64;
    private const int SeenBits = 14;
    private ulong[] _slots;
    private string[] _texts;

    public TextTable(int expected = 0)
    {
        _slots = new ulong[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(256, 2 * expected))];
        _texts = new string[Math.Max(128, expected)];
    }

    public int Count { get; private set; }

    public string[] ToArray() => _texts.AsSpan(0, Count).ToArray();

    /// <summary>The number of each text, new ones numbered; null is left as it is in <paramref name="codes"/>.</summary>
    public void GetOrAddAll(ReadOnlySpan<string> texts, Span<int> codes)
    {
        var done = texts.Length < 1 << SeenBits ? 0 : AskSeen(texts, codes);
        Ask(texts[done..], codes[done..], isGrowing: true);
    }

    /// <summary>The number of each text, -1 for an unknown one.</summary>
    public void FindAll(ReadOnlySpan<string> texts, Span<int> codes) => Ask(texts, codes, isGrowing: false);

    public int GetOrAdd(string text)
    {
        if (2 * (Count + 1) > _slots.Length)
            Grow();
        return Probe(text, (uint)text.GetHashCode(StringComparison.Ordinal), isGrowing: true);
    }

    // Large columns mostly repeat the same objects, which are known by their address without a look into them; what the collector moves is
    // merely asked anew. Ends early where objects do not repeat.
    private int AskSeen(ReadOnlySpan<string> texts, Span<int> codes)
    {
        var seen = new Seen[1 << SeenBits];
        var rest = new string[Block];
        var found = new int[Block];
        var places = stackalloc int[Block];
        var hits = 0;
        for (var start = 0; start < texts.Length; start += Block)
        {
            // The first rows fill the table; from then on it has to be worth its while.
            if (start > 1 << (SeenBits + 1) && hits < start / 4)
                return start;
            var block = texts.Slice(start, Math.Min(Block, texts.Length - start));
            var count = 0;
            for (var i = 0; i < block.Length; i++)
            {
                var text = block[i];
                if (text is null)
                    continue;
                ref var slot = ref seen[SeenAt(text)];
                if (ReferenceEquals(slot.Text, text))
                {
                    codes[start + i] = slot.Code;
                    continue;
                }

                rest[count] = text;
                places[count++] = start + i;
            }

            hits += block.Length - count;
            if (count == 0)
                continue;
            Ask(rest.AsSpan(0, count), found, isGrowing: true);
            for (var i = 0; i < count; i++)
            {
                codes[places[i]] = found[i];
                seen[SeenAt(rest[i])] = new Seen(rest[i], found[i]);
            }
        }

        return texts.Length;
    }

    private static int SeenAt(string text) => (int)((*(ulong*)Unsafe.AsPointer(ref text) >> 3) * 0x9E3779B97F4A7C15 >> (64 - SeenBits));

    private void Ask(ReadOnlySpan<string> texts, Span<int> codes, bool isGrowing)
    {
        var hashes = stackalloc uint[Block];
        var found = stackalloc int[Block];
        for (var start = 0; start < texts.Length; start += Block)
        {
            var block = texts.Slice(start, Math.Min(Block, texts.Length - start));
            if (isGrowing && 2 * (Count + Block) > _slots.Length)
                Grow();
            fixed (ulong* slots = _slots)
            {
                var mask = (uint)_slots.Length - 1;
                for (var i = 0; i < block.Length; i++)
                {
                    if (block[i] is not { } text)
                        continue;
                    hashes[i] = (uint)text.GetHashCode(StringComparison.Ordinal);
                    if (Sse.IsSupported)
                        Sse.Prefetch0(slots + (hashes[i] & mask));
                }

                for (var i = 0; i < block.Length; i++)
                {
                    found[i] = -1;
                    if (block[i] is null)
                        continue;
                    var at = hashes[i] & mask;
                    while (slots[at] != 0 && (uint)(slots[at] >> 32) != hashes[i])
                        at = (at + 1) & mask;
                    found[i] = (int)(uint)slots[at] - 1;
                    if (found[i] >= 0 && Sse.IsSupported)
                        Sse.Prefetch0(*(void**)Unsafe.AsPointer(ref _texts[found[i]]));
                }
            }

            for (var i = 0; i < block.Length; i++)
            {
                if (block[i] is not { } text)
                    continue;
                codes[start + i] = found[i] >= 0 && string.Equals(_texts[found[i]], text) ? found[i] : Probe(text, hashes[i], isGrowing);
            }
        }
    }

    private int Probe(string text, uint hash, bool isGrowing)
    {
        var mask = (uint)_slots.Length - 1;
        var at = hash & mask;
        for (; _slots[at] != 0; at = (at + 1) & mask)
        {
            if ((uint)(_slots[at] >> 32) == hash && string.Equals(_texts[(int)(uint)_slots[at] - 1], text))
                return (int)(uint)_slots[at] - 1;
        }

        if (!isGrowing)
            return -1;
        if (Count == _texts.Length)
            Array.Resize(ref _texts, 2 * _texts.Length);
        _texts[Count] = text;
        _slots[at] = ((ulong)hash << 32) | (uint)++Count;
        return Count - 1;
    }

    private void Grow()
    {
        var slots = new ulong[_slots.Length * 2];
        var mask = (uint)slots.Length - 1;
        foreach (var slot in _slots)
        {
            if (slot == 0)
                continue;
            var at = (uint)(slot >> 32) & mask;
            while (slots[at] != 0)
                at = (at + 1) & mask;
            slots[at] = slot;
        }

        _slots = slots;
    }

    private readonly record struct Seen(string Text, int Code);
}
