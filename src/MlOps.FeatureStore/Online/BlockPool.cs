namespace MlOps.Features;

/// <summary>
/// Blocks of 64-bit words in large slabs, with free lists by size. Slabs never move or go, so a reader that races a writer stays within memory.
/// One writer; only <see cref="AddSlab"/> may be called by several threads at once.
/// </summary>
internal sealed class BlockPool
{
    private const int FirstSlabWords = 1 << 10;
    private const int LastSlabWords = 1 << 17;
    private readonly SortedDictionary<int, Stack<(int Slab, int Offset)>> _free = [];
    private readonly Dictionary<int, Stack<(int Slab, int Offset)>> _freeBySize = [];
    private readonly Lock _gate = new();
    private long _returned;
    private long[][] _slabs = [];
    private int _current = -1;
    private int _used;

    /// <summary>Words of all slabs.</summary>
    public long Words { get; private set; }

    /// <summary>Words of the blocks in use.</summary>
    public long LiveWords { get; private set; }

    public long[] this[int slab] => Volatile.Read(ref _slabs)[slab];

    public (int Slab, int Offset) Rent(int words)
    {
        LiveWords += words;
        if (_freeBySize.TryGetValue(words, out var free) && free.Count > 0)
            return free.Pop();

        if (_current < 0 || _used + words > _slabs[_current].Length)
        {
            if ((Split(words) ?? (Coalesce() ? Split(words) : null)) is { } part)
                return part;
            // What is left of the slab is not lost.
            if (_current >= 0 && _slabs[_current].Length > _used)
                Keep(_slabs[_current].Length - _used, _current, _used);
            _current = Add(Math.Max(words, _slabs.Length == 0 ? FirstSlabWords : Math.Min(LastSlabWords, _slabs[^1].Length * 2)));
            _used = 0;
        }

        var offset = _used;
        _used += words;
        return (_current, offset);
    }

    public void Return(int words, int slab, int offset)
    {
        LiveWords -= words;
        _returned += words;
        Keep(words, slab, offset);
    }

    /// <summary>A slab of its own for blocks that are all in use, as at loading.</summary>
    public int AddSlab(int words)
    {
        lock (_gate)
        {
            LiveWords += words;
            return Add(words);
        }
    }

    private int Add(int words)
    {
        var slabs = new long[_slabs.Length + 1][];
        _slabs.CopyTo(slabs, 0);
        slabs[^1] = new long[words];
        Volatile.Write(ref _slabs, slabs);
        Words += words;
        return slabs.Length - 1;
    }

    private void Keep(int words, int slab, int offset)
    {
        if (!_freeBySize.TryGetValue(words, out var free))
        {
            _freeBySize[words] = free = new Stack<(int, int)>();
            _free[words] = free;
        }

        free.Push((slab, offset));
    }

    // Free blocks side by side become one, when enough of them were returned since the last time.
    private bool Coalesce()
    {
        if (_returned < Words / 32)
            return false;
        _returned = 0;
        var places = new long[_free.Values.Sum(free => free.Count)];
        var sizes = new int[places.Length];
        var count = 0;
        foreach (var (size, free) in _free)
        {
            foreach (var (slab, offset) in free)
            {
                sizes[count] = size;
                places[count++] = ((long)slab << 32) | (uint)offset;
            }

            free.Clear();
        }

        Array.Sort(places, sizes);
        for (int first = 0, end; first < count; first = end)
        {
            var words = sizes[first];
            for (end = first + 1; end < count && places[end] == places[first] + words; end++)
                words += sizes[end];
            Keep(words, (int)(places[first] >> 32), (int)places[first]);
        }

        return true;
    }

    // Before memory is asked for, a larger block that nobody uses is cut.
    private (int Slab, int Offset)? Split(int words)
    {
        foreach (var (size, blocks) in _free)
        {
            if (size <= words || blocks.Count == 0)
                continue;
            var (slab, offset) = blocks.Pop();
            Keep(size - words, slab, offset + words);
            return (slab, offset);
        }

        return null;
    }
}
