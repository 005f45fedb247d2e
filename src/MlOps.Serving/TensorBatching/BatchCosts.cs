using System.Numerics;

namespace MlOps.Serving;

/// <summary>
/// What batches of one shape cost by their size, learnt from the runs themselves: the size that may be formed grows as long as it does
/// not lose. Sizes are counted by doublings. Who gives the rows that justify another batch says that batches pay, and nothing is learnt. Thread-safe.
/// </summary>
internal sealed class BatchCosts
{
    private const int Enough = 2;
    private const int RetryAfter = 512;
    private const double Loss = 1.1;
    private const double Near = 1.03;
    private const double Drift = 1.01;

    private readonly Lock _gate = new();
    private readonly double[] _perRow;
    private readonly int[] _samples;
    private readonly bool _given;
    private int _maximumRows;
    private int _runs;
    private int _limit = 1;
    private int _parallelRows = 1;

    public BatchCosts(int maximumRows, int parallelRows = 0)
    {
        _maximumRows = maximumRows;
        _perRow = new double[BitOperations.Log2((uint)maximumRows) + 1];
        _samples = new int[_perRow.Length];
        _given = parallelRows > 0;
        if (_given)
            (_limit, _parallelRows) = (maximumRows, Math.Min(parallelRows, maximumRows));
    }

    /// <summary>The most rows that are worth a batch, as far as it is known.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>The rows that must wait before another batch beside costs no batching: the smallest size within a fifth of the best.</summary>
    public int ParallelRows => Volatile.Read(ref _parallelRows);

    /// <summary>Lowers the most rows of a batch.</summary>
    public void Cap(int maximumRows)
    {
        lock (_gate)
        {
            _maximumRows = Math.Min(_maximumRows, Math.Max(1, maximumRows));
            _limit = Math.Min(_limit, _maximumRows);
        }
    }

    /// <summary>Takes note of a run.</summary>
    public void Add(int rows, double seconds)
    {
        if (_given)
            return;
        var size = Math.Min(BitOperations.Log2((uint)rows), _perRow.Length - 1);
        var perRow = seconds / rows;
        lock (_gate)
        {
            // The least of the last ones: what disturbs a run makes it only slower.
            _perRow[size] = _samples[size] == 0 ? perRow : Math.Min(perRow, _perRow[size] * Drift);
            _samples[size]++;
            Conclude();
        }
    }

    private void Conclude()
    {
        var retry = ++_runs % RetryAfter == 0;
        var first = Array.FindIndex(_samples, count => count >= Enough);
        if (first < 0)
            return;
        var best = _perRow[first];
        var near = first;
        var small = first;
        var limit = 0;
        for (var size = first; size < _perRow.Length; size++)
        {
            if (_samples[size] < Enough)
            {
                limit = 1 << size;
                break;
            }

            if (_perRow[size] > best * Loss)
            {
                if (retry)
                    _samples[size] = 0;
                break;
            }

            best = Math.Min(best, _perRow[size]);
        }

        for (var size = first; size < _perRow.Length && _samples[size] >= Enough; size++)
        {
            if (_perRow[size] <= best * Near)
                near = size;
        }

        while (_perRow[small] > best * 1.2)
            small++;

        // The last doubling reaches up to the maximum, which need not be a power of two.
        if (limit == 0)
            limit = near == _perRow.Length - 1 ? _maximumRows : 1 << near;
        Volatile.Write(ref _limit, Math.Min(limit, _maximumRows));
        Volatile.Write(ref _parallelRows, Math.Min(1 << small, _maximumRows));
    }
}
