namespace MlOps.Serving;

/// <summary>Requests that run together.</summary>
internal sealed class TensorBatch(TensorBucket bucket, TensorRequest[] requests)
{
    private int _cursor;

    public TensorBucket Bucket { get; } = bucket;

    /// <summary>The requests; the first <see cref="Live"/> ones are to be answered.</summary>
    public TensorRequest[] Requests { get; } = requests;

    public TensorAnswer[] Answers { get; } = new TensorAnswer[requests.Length];

    public int Live { get; set; } = requests.Length;

    /// <summary>Guards the callers' memory against a run that comes back after its requests were given up.</summary>
    public Lock Writing { get; } = new();

    /// <summary>Whether its requests were told that it takes too long; set under <see cref="Writing"/>.</summary>
    public bool Abandoned { get; set; }

    /// <summary>Whether its answers are there; set under <see cref="Writing"/>.</summary>
    public bool Computed { get; set; }

    /// <summary>Claims the next request to be answered; two threads may do so when one was found blocked.</summary>
    public bool TryTakeNext(out int index)
    {
        index = Interlocked.Increment(ref _cursor) - 1;
        return index < Live;
    }
}
