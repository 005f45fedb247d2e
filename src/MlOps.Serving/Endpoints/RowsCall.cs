namespace MlOps.Serving;

/// <summary>Finishes a request of several rows.</summary>
internal sealed class RowsCall(
    Endpoint endpoint, EndpointState state, int share, ReadOnlyMemory<float> rows, int count, Memory<float> scores, PredictionContext request, long begin) : AnswerFinisher
{
    public override PredictionResult Finish(in BatchAnswer answer) => endpoint.FinishRows(answer, state, share, rows, count, scores, request, begin);
}
