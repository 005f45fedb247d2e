using System.Text;
using MlOps.DuckDb.Native;

namespace MlOps.DuckDb.Reading;

/// <summary>Gives equal short texts the same string instance, so that millions of category codes cost one reference each.</summary>
internal sealed unsafe class StringCache
{
    private const int MaxEntries = 1 << 16;
    private const int MaxCachedBytes = 128;

    private readonly HashSet<string> _longer = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _longerBySpan;
    private Slot[] _slots = new Slot[256];
    private int _used;

    public StringCache() => _longerBySpan = _longer.GetAlternateLookup<ReadOnlySpan<char>>();

    public string Get(in DuckDbString text)
    {
        if (text.Length == 0)
            return string.Empty;
        if (text.Length <= DuckDbString.InlineLength)
            return GetInline(text);
        var bytes = new ReadOnlySpan<byte>(text.Pointer, checked((int)text.Length));
        if (bytes.Length > MaxCachedBytes)
            return Encoding.UTF8.GetString(bytes);
        Span<char> characters = stackalloc char[MaxCachedBytes];
        characters = characters[..Encoding.UTF8.GetChars(bytes, characters)];
        if (_longerBySpan.TryGetValue(characters, out var known))
            return known;
        var made = new string(characters);
        if (_longer.Count < MaxEntries)
            _longer.Add(made);
        return made;
    }

    // The 16 bytes of a short text (length, bytes, zero padding) are its own key.
    private string GetInline(in DuckDbString text)
    {
        var mask = _slots.Length - 1;
        var index = Mix(text.Low, text.High) & mask;
        for (; _slots[index].Value is { } value; index = (index + 1) & mask)
        {
            if (_slots[index].Low == text.Low && _slots[index].High == text.High)
                return value;
        }

        string made;
        fixed (DuckDbString* start = &text)
            made = Encoding.UTF8.GetString((byte*)start + 4, (int)text.Length);
        if (_used >= MaxEntries)
            return made;
        _slots[index] = new Slot { Low = text.Low, High = text.High, Value = made };
        if (++_used * 2 > _slots.Length)
            Grow();
        return made;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        var mask = _slots.Length - 1;
        foreach (var slot in old)
        {
            if (slot.Value is null)
                continue;
            var index = Mix(slot.Low, slot.High) & mask;
            while (_slots[index].Value is not null)
                index = (index + 1) & mask;
            _slots[index] = slot;
        }
    }

    private static int Mix(ulong low, ulong high) => (int)(((low * 0x9E3779B97F4A7C15UL) ^ (high * 0xC2B2AE3D27D4EB4FUL)) >> 33);

    private struct Slot
    {
        public ulong Low;
        public ulong High;
        public string? Value;
    }
}
