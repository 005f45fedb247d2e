namespace MlOps.Serving;

/// <summary>Several rows of one request: they join batches one by one and are answered together.</summary>
internal sealed class RowGroup(int rows, BatchRequest request) : AnswerFinisher
{
    private int _remaining = rows;
    private BatchAnswer _worst;
    private bool _cancelled;
    private int _dropped;

    public override bool Observes => true;

    public override bool Takes => true;

    public bool IsCancelled => Volatile.Read(ref _cancelled);

    public CancellationTokenRegistration Registration { get; set; }

    public void Cancel() => Volatile.Write(ref _cancelled, true);

    /// <summary>A row was taken out because the request was cancelled.</summary>
    public void Drop(bool inline)
    {
        Volatile.Write(ref _dropped, 1);
        Arrive(inline);
    }

    public override void Answered(in BatchAnswer answer, bool inline)
    {
        if (answer.Status != PredictionStatus.Ok)
        {
            lock (request)
            {
                if (_worst.Status == PredictionStatus.Ok || (_worst.Status != PredictionStatus.Failed && answer.Status == PredictionStatus.Failed))
                    _worst = answer;
            }
        }

        Arrive(inline);
    }

    public override PredictionResult Finish(in BatchAnswer answer) => throw new InvalidOperationException("The rows of a group are not asked for one by one.");

    private void Arrive(bool inline)
    {
        if (Interlocked.Decrement(ref _remaining) != 0)
            return;
        Registration.Unregister();
        if (Volatile.Read(ref _dropped) != 0 && _worst.Status == PredictionStatus.Ok)
            request.CompleteCancelled();
        else
            request.Complete(_worst, inline);
    }
}
