using System.Collections.Concurrent;

namespace MlOps.Features;

/// <summary>
/// Numbers entities densely by their key parts, without joining the parts into one text: each part has a number, and pairs of numbers
/// are chained. Look-ups take no lock and allocate nothing; additions are serialised.
/// </summary>
internal sealed class KeyTable
{
    private readonly ConcurrentDictionary<string, int>[] _parts;
    private readonly ConcurrentDictionary<long, int>[] _links;
    private readonly Lock _gate = new();
    private string[][] _keys = new string[16][];
    private volatile int _count;

    public KeyTable(int parts)
    {
        _parts = new ConcurrentDictionary<string, int>[parts];
        for (var p = 0; p < parts; p++)
            _parts[p] = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        _links = new ConcurrentDictionary<long, int>[parts - 1];
        for (var p = 0; p < parts - 1; p++)
            _links[p] = new ConcurrentDictionary<long, int>();
    }

    public int Count => _count;

    public int Parts => _parts.Length;

    /// <summary>The key of an entity.</summary>
    public string[] KeyOf(int entity) => _keys[entity];

    /// <summary>Begins a look-up; each further part is followed with <see cref="Next"/>. -1 is unknown.</summary>
    public int First(string part) => part is not null && _parts[0].TryGetValue(part, out var id) ? id : -1;

    public int Next(int prefix, int level, string part) =>
        prefix >= 0 && part is not null && _parts[level].TryGetValue(part, out var id) && _links[level - 1].TryGetValue(Link(prefix, id), out var next) ? next : -1;

    public int Find(string[][] keys, int code)
    {
        var id = First(keys[0][code]);
        for (var p = 1; p < keys.Length; p++)
            id = Next(id, p, keys[p][code]);
        return id;
    }

    public int GetOrAdd(string[][] keys, int code)
    {
        var found = Find(keys, code);
        if (found >= 0)
            return found;
        lock (_gate)
        {
            var last = _parts.Length - 1;
            var id = last == 0 ? -1 : GetOrNumber(_parts[0], keys[0][code]);
            for (var p = 1; p < last; p++)
                id = GetOrNumber(_links[p - 1], Link(id, GetOrNumber(_parts[p], keys[p][code])));

            var entity = _count;
            var key = new string[_parts.Length];
            for (var p = 0; p < key.Length; p++)
                key[p] = keys[p][code];
            if (entity == _keys.Length)
            {
                var larger = new string[_keys.Length * 2][];
                _keys.CopyTo(larger, 0);
                _keys = larger;
            }

            _keys[entity] = key;
            // The entity's own number is published last, so that whoever finds it sees its key.
            var published = last == 0
                ? _parts[0].GetOrAdd(key[0], entity)
                : _links[last - 1].GetOrAdd(Link(id, GetOrNumber(_parts[last], key[last])), entity);
            if (published == entity)
                _count = entity + 1;
            return published;
        }
    }

    private static int GetOrNumber<T>(ConcurrentDictionary<T, int> map, T key)
        where T : notnull
    {
        if (!map.TryGetValue(key, out var id))
        {
            id = map.Count;
            map[key] = id;
        }

        return id;
    }

    private static long Link(int prefix, int part) => ((long)prefix << 32) | (uint)part;
}
