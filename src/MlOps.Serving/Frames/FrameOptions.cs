namespace MlOps.Serving;

/// <summary>How a frame is answered.</summary>
public sealed record FrameOptions
{
    /// <summary>Whether a row without an answer fails the whole frame.</summary>
    /// <value>Default: false: such a row is null in all result columns.</value>
    public bool ThrowOnBadRows { get; init; }

    /// <summary>The name of a text column that says why a row has no answer, null where it has one.</summary>
    /// <value>Default: null, no such column.</value>
    public string? ErrorColumn { get; init; }

    /// <summary>The name of a text column that says which model version answered a row.</summary>
    /// <value>Default: null, no such column.</value>
    public string? VersionColumn { get; init; }

    /// <summary>The outputs wanted.</summary>
    /// <value>Default: null: the scores of a model of rows, all outputs of others that fit columns.</value>
    public IReadOnlyCollection<string>? Outputs { get; init; }

    /// <summary>Columns of the frame that the result carries on, before the result columns.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyCollection<string> Keep { get; init; } = [];

    /// <summary>Rows of one request to the model. Each is a request of its own to the endpoint's traffic policy.</summary>
    /// <value>Default: 256.</value>
    public int BatchRows { get; init; } = 256;

    /// <summary>Requests at once.</summary>
    /// <value>Default: 0, as many as the process has cores, at most 8.</value>
    public int Parallelism { get; init; }
}
