namespace MlOps.Serving;

/// <summary>Finishes calls of one share that nobody observes; one for all of them.</summary>
internal sealed class PlainCall(Endpoint endpoint, EndpointState state, int share) : AnswerFinisher
{
    public override PredictionResult Finish(in BatchAnswer answer) => endpoint.Finish(answer, state, share);
}
