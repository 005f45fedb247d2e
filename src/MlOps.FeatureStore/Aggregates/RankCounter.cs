using System.Numerics;

namespace MlOps.Features;

/// <summary>
/// A multiset of ranks with selection by place, as a binary indexed tree (Fenwick 1994): adding, removing and finding the k-th take
/// logarithmic time. It counts every member, or every distinct one.
/// </summary>
internal sealed class RankCounter(bool isDistinct)
{
    private int[] _members = [];
    private int[] _tree = new int[1];
    private int _size;
    private int _top;

    /// <summary>Members, or distinct members.</summary>
    public int Count { get; private set; }

    /// <summary>Empties the set.</summary>
    /// <param name="ranks">Ranks are below this.</param>
    public void Reset(int ranks)
    {
        if (_members.Length < ranks)
        {
            var size = Math.Max(ranks, 2 * _members.Length);
            _members = new int[size];
            _tree = new int[size + 1];
        }
        else
        {
            _members.AsSpan(0, ranks).Clear();
            _tree.AsSpan(0, ranks + 1).Clear();
        }

        Count = 0;
        _size = ranks;
        _top = ranks == 0 ? 0 : 1 << BitOperations.Log2((uint)ranks);
    }

    public void Add(int rank)
    {
        if (_members[rank]++ == 0 || !isDistinct)
            Change(rank, 1);
    }

    public void Remove(int rank)
    {
        if (--_members[rank] == 0 || !isDistinct)
            Change(rank, -1);
    }

    /// <summary>The rank at a place, from 0, in ascending order.</summary>
    public int At(int place)
    {
        var at = 0;
        for (var step = _top; step > 0; step >>= 1)
        {
            var next = at + step;
            if (next <= _size && _tree[next] <= place)
            {
                at = next;
                place -= _tree[next];
            }
        }

        return at;
    }

    private void Change(int rank, int by)
    {
        Count += by;
        for (var at = rank + 1; at <= _size; at += at & -at)
            _tree[at] += by;
    }
}
