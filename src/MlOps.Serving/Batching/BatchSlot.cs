using System.Runtime.InteropServices;

namespace MlOps.Serving;

/// <summary>A batch being formed, run or answered: the bound buffers and the requests whose rows they hold.</summary>
internal sealed class BatchSlot
{
    private readonly ArraySegment<float> _input;
    private readonly ArraySegment<float> _output;
    private readonly BatchRequest?[] _requests;
    private readonly int _width;
    private readonly int _outputs;
    private readonly bool _inputIsArray;
    private readonly bool _outputIsArray;
    private readonly float[]? _scores;

    public BatchSlot(IBatchBuffer buffer, int width, int outputs)
    {
        Buffer = buffer;
        _width = width;
        _outputs = outputs;
        _requests = new BatchRequest?[buffer.MaximumRows];
        _inputIsArray = MemoryMarshal.TryGetArray(buffer.Input, out _input);
        _outputIsArray = MemoryMarshal.TryGetArray(buffer.Output, out _output);
        _scores = _outputIsArray && outputs == 1 ? _output.Array : null;
    }

    public IBatchBuffer Buffer { get; }

    /// <summary>Rows reserved; guarded by the engine's lock, or the leader's own, until the batch is taken.</summary>
    public int Count { get; set; }

    /// <summary>Rows written, when rows are written outside of the lock.</summary>
    public int Written;

    /// <summary>Rows at its beginning that other batches took; it is still in the queue then.</summary>
    public int Taken { get; set; }

    /// <summary>When its first row came, in stopwatch ticks, if somebody wants to know.</summary>
    public long Since { get; set; }

    /// <summary>Whether some row can be cancelled or has a deadline.</summary>
    public bool HasTerms { get; set; }

    /// <summary>The next batch of the queue.</summary>
    public BatchSlot? Next { get; set; }

    /// <summary>Rows after cancelled and expired ones were taken out.</summary>
    public int Live { get; set; }

    /// <summary>How many callers have been answered or are being answered.</summary>
    public int Answered;

    /// <summary>Threads that answer its callers; more than one after a leader was found blocked. Guarded by the engine's lock.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>How each row ended; null means all well.</summary>
    public BatchAnswer[]? Answers { get; set; }

    public Span<float> Input(int row) =>
        _inputIsArray ? _input.Array.AsSpan(_input.Offset + (row * _width), _width) : Buffer.Input.Span.Slice(row * _width, _width);

    public ReadOnlySpan<float> Output(int row) =>
        _outputIsArray ? _output.Array.AsSpan(_output.Offset + (row * _outputs), _outputs) : Buffer.Output.Span.Slice(row * _outputs, _outputs);

    /// <summary>Gives a row's caller its scores.</summary>
    public void CopyOutput(int row, BatchRequest request)
    {
        if (_scores is { } scores)
            request.Destination[0] = scores[_output.Offset + row];
        else
            Output(row).CopyTo(request.Destination);
    }

    public BatchRequest Request(int row) => _requests[row]!;

    /// <summary>The request of a place, or another one when the place's former caller has not taken its answer yet.</summary>
    public BatchRequest FreshRequest(int row)
    {
        var request = _requests[row];
        return request is { IsFree: true } ? request : _requests[row] = new BatchRequest();
    }

    /// <summary>Gives the request answered last to another batch's place, if its caller is done with it, in exchange for that place's.</summary>
    public BatchRequest? TrySwapAnswered(BatchSlot other, int row)
    {
        ref var answered = ref _requests[Answered - 1];
        if (answered is not { IsFree: true } request)
            return null;
        answered = other._requests[row];
        other._requests[row] = request;
        return request;
    }

    /// <summary>Puts a request in a place.</summary>
    /// <returns>The place's former one, if its caller is done with it.</returns>
    public BatchRequest? Exchange(int row, BatchRequest request)
    {
        var former = _requests[row];
        _requests[row] = request;
        return former is { IsFree: true } ? former : null;
    }

    /// <summary>Moves a row over another one's place.</summary>
    public void Move(int from, int to)
    {
        Input(from).CopyTo(Input(to));
        (_requests[to], _requests[from]) = (_requests[from], _requests[to]);
    }

    /// <summary>Moves a row into another batch.</summary>
    public void MoveTo(BatchSlot other, int from, int to)
    {
        Input(from).CopyTo(other.Input(to));
        (other._requests[to], _requests[from]) = (_requests[from], other._requests[to]);
    }

    public void Reset()
    {
        Count = 0;
        Written = 0;
        Live = 0;
        Answered = 0;
        Taken = 0;
        Since = 0;
        Holders = 1;
        HasTerms = false;
        Next = null;
        Answers = null;
    }
}
