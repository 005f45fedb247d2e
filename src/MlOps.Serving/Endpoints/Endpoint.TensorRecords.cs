namespace MlOps.Serving;

internal sealed partial class Endpoint
{
    // What is told of an answer in tensors: to the sinks, and the request to the shadow.
    private void Record(
        EndpointState state, ServedVersion version, string variant, IReadOnlyDictionary<string, ModelValue> inputs, IReadOnlyDictionary<string, ModelValue> outputs,
        PredictionId id, in PredictionContext request)
    {
        if (sinks.Length > 0)
        {
            var record = new PredictionRecord
            {
                Endpoint = Name, Version = version.Version, Variant = variant, Id = id, Key = request.Key,
                Time = request.AsOf ?? Timestamp.From(context.Clock.GetUtcNow()), Features = default, Scores = default,
            };
            TensorRecords.Send(sinks, version, record, inputs, outputs);
        }

        if (state.Shadow is { } shadow && state.Router.IsMirrored(request.Key))
            shadow.Tensors.Mirror(inputs, id, request.Key);
    }
}
