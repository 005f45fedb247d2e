using System.Globalization;

namespace MlOps.Artifacts;

/// <summary>
/// Finds chunks that are stored already, in bounded memory: sparse indexing (Lillibridge et al., "Sparse Indexing: Large Scale, Inline
/// Deduplication Using Sampling and Locality", FAST 2009). One chunk in sixteen is a hook that leads to its segment of a recipe; a hit
/// loads the segment, whose other chunks are likely to follow. What was forgotten is stored again: it costs bytes, never correctness.
/// What is found is a hint, which the writer compares with the pack's bytes. Thread-safe.
/// </summary>
internal sealed class ChunkIndex(IFileSystem files, Func<IReadOnlyList<string>> listRecipes, TimeProvider clock)
{
    private const int HooksPerGeneration = 1 << 16;
    private const int ChunksPerGeneration = 4 * RecipeFormat.SegmentEntries;
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private Dictionary<ulong, (string Recipe, int Segment)> _hooks = [];
    private Dictionary<ulong, (string Recipe, int Segment)> _oldHooks = [];
    private Dictionary<ChunkKey, ChunkEntry> _chunks = [];
    private Dictionary<ChunkKey, ChunkEntry> _oldChunks = [];
    private HashSet<ulong> _known = [];
    private long _refreshed;

    public static bool IsHook(in ChunkKey key) => (key.B & 15) == 0;

    /// <summary>Learns of recipes that this process has not seen, the newest first until memory's bound.</summary>
    public void Refresh()
    {
        lock (_lock)
        {
            if (_refreshed != 0 && clock.GetElapsedTime(_refreshed) < RefreshAfter)
                return;
            var found = new List<(string Path, DateTimeOffset Written)>();
            foreach (var path in listRecipes())
            {
                if (!_known.Contains(NameOf(path)))
                    found.Add((path, Written(path)));
            }

            found.Sort((a, b) => b.Written.CompareTo(a.Written));
            var room = 2 * HooksPerGeneration;
            var loaded = new List<(string Path, List<(ulong Key, int Segment)> Hooks)>();
            foreach (var (path, _) in found)
            {
                Know(path);
                if (room <= 0)
                    continue;
                loaded.Add((path, Load(path)));
                room -= loaded[^1].Hooks.Count;
            }

            // The newest last, so that a hook leads to the newest version, which has what came after the first.
            for (var i = loaded.Count - 1; i >= 0; i--)
            {
                foreach (var (key, segment) in loaded[i].Hooks)
                    AddHook(key, loaded[i].Path, segment);
            }

            _refreshed = Math.Max(1, clock.GetTimestamp());
        }
    }

    /// <summary>Learns a recipe that this process has just published.</summary>
    public void Add(string recipe, IReadOnlyList<(ulong Key, int Segment)> hooks)
    {
        lock (_lock)
        {
            Know(recipe);
            foreach (var (key, segment) in hooks)
                AddHook(key, recipe, segment);
        }
    }

    /// <summary>Remembers a chunk that an upload has just written, for repetitions within it.</summary>
    public void Remember(in ChunkEntry entry)
    {
        lock (_lock)
            AddChunk(entry);
    }

    /// <summary>A place where the chunk may be stored.</summary>
    public bool TryFind(in ChunkKey key, out ChunkEntry entry)
    {
        lock (_lock)
        {
            if (_chunks.TryGetValue(key, out entry))
                return true;
            if (_oldChunks.TryGetValue(key, out entry))
            {
                AddChunk(entry);
                return true;
            }

            if (!_hooks.TryGetValue(key.A, out var hook) && !_oldHooks.TryGetValue(key.A, out hook))
                return false;
            LoadSegment(hook.Recipe, hook.Segment);
            if (_chunks.TryGetValue(key, out entry))
                return true;
            // The recipe has changed or gone: do not load it again for this chunk.
            _hooks.Remove(key.A);
            _oldHooks.Remove(key.A);
            return false;
        }
    }

    /// <summary>Forgets a place that turned out not to hold the chunk.</summary>
    public void Forget(in ChunkKey key)
    {
        lock (_lock)
        {
            _chunks.Remove(key);
            _oldChunks.Remove(key);
            _hooks.Remove(key.A);
            _oldHooks.Remove(key.A);
        }
    }

    private List<(ulong Key, int Segment)> Load(string path)
    {
        try
        {
            using var recipe = Recipe.Open(files, path, null);
            return [.. recipe.Hooks()];
        }
        catch (Exception exception) when (exception is MlOpsException or FileNotFoundException)
        {
            // Damaged or gone: nothing can be shared with it. Reading the blob will say so.
            return [];
        }
    }

    private void LoadSegment(string path, int segment)
    {
        try
        {
            using var recipe = Recipe.Open(files, path, null);
            if (segment >= recipe.Segments)
                return;
            foreach (var entry in recipe.Segment(segment).Entries)
                AddChunk(entry);
        }
        catch (Exception exception) when (exception is MlOpsException or FileNotFoundException)
        {
            // As above.
        }
    }

    private void AddHook(ulong key, string recipe, int segment)
    {
        if (_hooks.Count >= HooksPerGeneration)
            (_oldHooks, _hooks) = (_hooks, []);
        _hooks[key] = (recipe, segment);
    }

    private void AddChunk(in ChunkEntry entry)
    {
        // The oldest generation's memory serves the newest: a long upload would leave some megabytes of garbage with each otherwise.
        if (_chunks.Count >= ChunksPerGeneration)
        {
            (_oldChunks, _chunks) = (_chunks, _oldChunks);
            _chunks.Clear();
        }

        _chunks[entry.Key] = entry;
    }

    private void Know(string recipe)
    {
        if (_known.Count >= HooksPerGeneration)
            _known = [];
        _known.Add(NameOf(recipe));
    }

    // The first 64 bits of the digest that a recipe is named by.
    private static ulong NameOf(string recipe) =>
        ulong.TryParse(Path.GetFileName(recipe.AsSpan()) is { Length: >= 16 } name ? name[..16] : [], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private DateTimeOffset Written(string path)
    {
        try
        {
            return files.LastWriteTime(path);
        }
        catch (FileNotFoundException)
        {
            return DateTimeOffset.MinValue;
        }
    }
}
