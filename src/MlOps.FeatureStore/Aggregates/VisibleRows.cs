using System.Numerics;

namespace MlOps.Features;

/// <summary>A set of places that only grows, as bits with a summary of each 64 words above: the greatest member below a place is found in a few steps.</summary>
internal sealed class VisibleRows
{
    private readonly List<ulong[]> _levels = [];
    private int _depth;

    public void Reset(int places)
    {
        _depth = 0;
        // One place more, so that the place behind the last has a word on every level.
        for (var words = places / 64 + 1; ; words = (words + 63) / 64)
        {
            if (_depth == _levels.Count)
                _levels.Add([]);
            if (_levels[_depth].Length < words)
                _levels[_depth] = new ulong[Math.Max(words, 2 * _levels[_depth].Length)];
            else
                _levels[_depth].AsSpan(0, words).Clear();
            _depth++;
            if (words <= 1)
                return;
        }
    }

    public void Add(int place)
    {
        for (var level = 0; level < _depth; level++)
        {
            ref var word = ref _levels[level][place >> 6];
            var before = word;
            word |= 1UL << (place & 63);
            if (before != 0)
                return;
            place >>= 6;
        }
    }

    /// <summary>The greatest member below a place; -1 when there is none.</summary>
    public int Below(int place)
    {
        for (var level = 0; level < _depth; level++)
        {
            var word = place >> 6;
            var bits = _levels[level][word] & ((1UL << (place & 63)) - 1);
            if (bits == 0)
            {
                place = word;
                continue;
            }

            place = (word << 6) + 63 - BitOperations.LeadingZeroCount(bits);
            while (level > 0)
            {
                level--;
                place = (place << 6) + 63 - BitOperations.LeadingZeroCount(_levels[level][place]);
            }

            return place;
        }

        return -1;
    }
}
