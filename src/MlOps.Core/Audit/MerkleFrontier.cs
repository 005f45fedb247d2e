namespace MlOps.Audit;

/// <summary>The root of a growing tree in the memory of one path: one hash for each complete subtree on the right edge.</summary>
internal sealed class MerkleFrontier
{
    private readonly List<byte[]> _subtrees = [];

    public long Count { get; private set; }

    public void Add(byte[] leaf)
    {
        for (var size = Count; (size & 1) == 1; size >>= 1)
        {
            leaf = MerkleHash.Node(_subtrees[^1], leaf);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }

        _subtrees.Add(leaf);
        Count++;
    }

    public byte[] Root()
    {
        if (_subtrees.Count == 0)
            return MerkleHash.Root([]);
        var root = _subtrees[^1];
        for (var i = _subtrees.Count - 2; i >= 0; i--)
            root = MerkleHash.Node(_subtrees[i], root);
        return root;
    }
}
