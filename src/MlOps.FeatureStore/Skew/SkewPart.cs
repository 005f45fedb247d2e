namespace MlOps.Features;

/// <summary>A view within a service, under audit.</summary>
internal sealed class SkewPart(SkewTable table, BoundService.BoundView view, ISkewHistory history)
{
    // By name, since a service may hide features or compute further ones.
    private readonly Dictionary<int, int> _numbers = view.Names
        .Select((name, i) => (Feature: table.Bound.FeatureNames.ToList().IndexOf(name), Number: view.Features[i]))
        .Where(pair => pair.Feature >= 0).ToDictionary(pair => pair.Feature, pair => pair.Number);

    private int[]? _features;

    private readonly int[] _keyColumns = [.. view.KeyColumns.Select(column => table.Bound.KeyNames.ToList().IndexOf(column))];

    public FeatureView View => view.View;

    public ISkewHistory History => history;

    /// <summary>The service's keys that make the view's, by number.</summary>
    public IReadOnlyList<int> KeyColumns => _keyColumns;

    /// <summary>The service's features that are the view's, by number.</summary>
    public int[] Features => _features ??= [.. _numbers.Keys.Order()];

    /// <summary>A service's feature as number in the view.</summary>
    public int NumberOf(int feature) => _numbers[feature];

    /// <summary>A row's key of the view as one text, for grouping.</summary>
    public string KeyOf(int row) => string.Join('|', _keyColumns.Select(column => table.Keys[column][row]));

    /// <summary>Recomputes at the requests' moments, moved by a shift, with knowledge up to a delay before.</summary>
    public float[][] Replay(int[] rows, long delay, long shift = 0, IReadOnlyList<int>? keyColumns = null, FeatureView? probe = null) => history.Replay(
        [.. (keyColumns ?? _keyColumns).Select(column => Array.ConvertAll<int, string?>(rows, row => table.Keys[column][row]))],
        Array.ConvertAll(rows, row => table.Times[row] + shift), delay, probe);

    /// <summary>Recomputes with a knowledge of each row's own.</summary>
    public float[][] ReplayKnown(int[] rows, long[] known)
    {
        float[][] all = [.. View.FeatureNames.Select(_ => new float[rows.Length])];
        foreach (var group in Enumerable.Range(0, rows.Length).GroupBy(i => Math.Max(0, table.Times[rows[i]] - known[i])))
        {
            int[] places = [.. group];
            var replayed = Replay(Array.ConvertAll(places, place => rows[place]), group.Key);
            for (var f = 0; f < all.Length; f++)
            {
                for (var i = 0; i < places.Length; i++)
                    all[f][places[i]] = replayed[f][i];
            }
        }

        return all;
    }

    /// <summary>What an entity without rows yields.</summary>
    public float[] Empty()
    {
        var values = history.Replay([.. _keyColumns.Select(_ => new string?[1])], [0], 0);
        return Array.ConvertAll(values, feature => feature[0]);
    }
}
