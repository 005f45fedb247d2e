namespace MlOps;

/// <summary>Something that was made or used, by kind and identity.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">Its identity, in the form that <see cref="LineageNodeKind"/> says.</param>
public readonly record struct LineageNode(LineageNodeKind Kind, string Id)
{
    /// <summary>Data by its digest.</summary>
    /// <param name="digest">The digest as it was logged.</param>
    /// <returns>The node.</returns>
    public static LineageNode Data(string digest) => new(LineageNodeKind.Data, digest);

    /// <summary>A tracking run.</summary>
    /// <param name="runId">The run's identity.</param>
    /// <returns>The node.</returns>
    public static LineageNode Run(string runId) => new(LineageNodeKind.Run, runId);

    /// <summary>A model version of this environment.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The node.</returns>
    public static LineageNode Version(ModelVersionRef version) => new(LineageNodeKind.ModelVersion, version.ToString());

    /// <summary>An endpoint.</summary>
    /// <param name="endpoint">Its name.</param>
    /// <returns>The node.</returns>
    public static LineageNode Endpoint(string endpoint) => new(LineageNodeKind.Endpoint, endpoint);

    /// <summary>One answer of an endpoint.</summary>
    /// <param name="prediction">Its identity.</param>
    /// <returns>The node.</returns>
    public static LineageNode Prediction(PredictionId prediction) => new(LineageNodeKind.Prediction, prediction.ToString());

    /// <inheritdoc />
    public override string ToString() => $"{Kind} {Id}";
}
