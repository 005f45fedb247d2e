using System.Text;

namespace MlOps.Features;

/// <summary>The distinct texts of a column of a row group, as UTF-8, numbered by first appearance.</summary>
internal sealed class TextDictionary
{
    /// <summary>The code of a null.</summary>
    public const int Null = ushort.MaxValue;

    private byte[] _bytes = new byte[256];
    private int[] _ends = new int[64];
    private int[] _slots = new int[128];
    private int _length;
    private byte[] _scratch = new byte[256];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public int EndOf(int code) => _ends[code];

    public void Clear()
    {
        Count = 0;
        _length = 0;
        Array.Clear(_slots);
    }

    // A lone surrogate becomes U+FFFD, as in every other text format.
    public int Add(string text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_scratch.Length < most)
            _scratch = new byte[most];
        return Add(_scratch.AsSpan(0, Encoding.UTF8.GetBytes(text, _scratch)));
    }

    public int Add(ReadOnlySpan<byte> text)
    {
        var hash = (int)KeyBytes.Hash(text);
        for (var slot = hash & (_slots.Length - 1); ; slot = (slot + 1) & (_slots.Length - 1))
        {
            var code = _slots[slot] - 1;
            if (code >= 0)
            {
                if (Of(code).SequenceEqual(text))
                    return code;
                continue;
            }

            _slots[slot] = Count + 1;
            break;
        }

        if (_length + text.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + text.Length, _bytes.Length * 2));
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Count * 2);
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
        _ends[Count++] = _length;
        if (Count * 2 > _slots.Length)
            Rehash();
        return Count - 1;
    }

    private ReadOnlySpan<byte> Of(int code)
    {
        var start = code == 0 ? 0 : _ends[code - 1];
        return _bytes.AsSpan(start, _ends[code] - start);
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 2];
        for (var code = 0; code < Count; code++)
        {
            var slot = (int)KeyBytes.Hash(Of(code)) & (_slots.Length - 1);
            while (_slots[slot] != 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = code + 1;
        }
    }
}
