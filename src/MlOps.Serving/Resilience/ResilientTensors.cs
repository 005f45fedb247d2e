namespace MlOps.Serving;

/// <summary>A request in tensors that may be sent more than once.</summary>
internal sealed class ResilientTensors(
    IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyCollection<string>? outputs, string? key, long deadline, bool isolated, CancellationToken caller)
    : ResilientRequest(key, deadline, isolated, caller)
{
    public override object? DefaultOf(Fallback step) => step.Outputs;

    // What another model takes is found out by asking it: inputs of other names are invalid input there, and the next step is tried.
    public override bool TryProject(ServedVersion from, ServedVersion to, out int[]? projection)
    {
        projection = null;
        return true;
    }

    protected override async ValueTask<AttemptAnswer> RunAsync(ServedVersion version, int[]? projection, CancellationToken cancellationToken)
    {
        var answer = await version.Tensors.RunAsync(inputs, outputs, Deadline, cancellationToken).ConfigureAwait(false);
        return new AttemptAnswer(answer.Status, answer.Error, answer.Wait) { Payload = answer.Outputs };
    }
}
