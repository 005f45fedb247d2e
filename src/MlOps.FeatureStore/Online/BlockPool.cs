namespace MlOps.Features;

/// <summary>Blocks of 64-bit words in large slabs, with free lists by size. Slabs never move or go, so a reader that races a writer stays within memory. One writer.</summary>
internal sealed class BlockPool
{
    private const int FirstSlabWords = 1 << 10;
    private const int LastSlabWords = 1 << 17;
    private readonly Dictionary<int, Stack<(int Slab, int Offset)>> _free = [];
    private long[][] _slabs = [new long[FirstSlabWords]];
    private int _current;
    private int _used;

    public long Words { get; private set; } = FirstSlabWords;

    public long[] this[int slab] => Volatile.Read(ref _slabs)[slab];

    public (int Slab, int Offset) Rent(int words)
    {
        if (_free.TryGetValue(words, out var free) && free.Count > 0)
            return free.Pop();
        if (_used + words > _slabs[_current].Length)
        {
            var size = Math.Max(words, Math.Min(LastSlabWords, _slabs[^1].Length * 2));
            var slabs = new long[_slabs.Length + 1][];
            _slabs.CopyTo(slabs, 0);
            slabs[^1] = new long[size];
            Volatile.Write(ref _slabs, slabs);
            _current = slabs.Length - 1;
            _used = 0;
            Words += size;
        }

        var offset = _used;
        _used += words;
        return (_current, offset);
    }

    public void Return(int words, int slab, int offset)
    {
        if (!_free.TryGetValue(words, out var free))
            _free[words] = free = new Stack<(int, int)>();
        free.Push((slab, offset));
    }
}
