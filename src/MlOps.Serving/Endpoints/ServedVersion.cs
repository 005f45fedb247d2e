using MlOps.Registry;

namespace MlOps.Serving;

/// <summary>A loaded, warm model version with its engine.</summary>
internal sealed class ServedVersion(ModelVersionRef version, BatchEngine engine, TensorEngine tensors, IReadOnlyList<string> features, long memoryBytes)
{
    private long _asked;
    private long _taken;

    public ModelVersionRef Version { get; } = version;

    public string VersionText { get; } = version.ToString();

    /// <summary>Answers rows of floats; refuses every row when the model has none.</summary>
    public BatchEngine Engine { get; } = engine;

    /// <summary>Answers requests in tensors.</summary>
    public TensorEngine Tensors { get; } = tensors;

    public IReadOnlyList<string> Features { get; } = features;

    public long MemoryBytes { get; } = memoryBytes;

    /// <summary>The model, to ask what it runs on.</summary>
    public IModelRuntime? Runtime { get; init; }

    /// <summary>Answers to rows that may come again; null without a cache.</summary>
    public ResponseCache? Cache { get; init; }

    public IReadOnlyList<TensorSpec> Inputs { get; init; } = [];

    public IReadOnlyList<TensorSpec> Outputs { get; init; } = [];

    /// <summary>What its warm-up measured, to be given to its next load.</summary>
    public BatchCurve? Curve { get; init; }

    /// <summary>What the row engine's batch buffers take: one that runs and one that fills.</summary>
    public long BufferBytes { get; init; }

    /// <summary>Whether it answers no further requests.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Ends when the version was retired and its last request answered.</summary>
    public Task Drained => Task.WhenAll(Engine.Drained, Tensors.Drained);

    /// <summary>Refuses further requests; those admitted are answered, then the model is let go.</summary>
    public void Retire()
    {
        IsRetired = true;
        Engine.Retire();
        Tensors.Dispose();
    }

    /// <summary>Counts an endpoint's request in tensors; rows are counted by their engine.</summary>
    public void CountRequest() => Interlocked.Increment(ref _asked);

    /// <summary>The endpoints' requests since it was last asked. Called by one thread at a time.</summary>
    public long TakeCount()
    {
        var total = Math.Max(_taken, Engine.Admitted - Tensors.RowsGiven + Interlocked.Read(ref _asked));
        var since = total - _taken;
        _taken = total;
        return since;
    }

    /// <summary>Refuses a version that wants other features than the callers send.</summary>
    public void CheckFeatures(IReadOnlyList<string> sent)
    {
        if (Features.Count == 0)
        {
            if (sent.Count != Engine.InputWidth)
                throw new InvalidDefinitionException($"{Version} takes {Engine.InputWidth} features; its callers send {sent.Count} ({string.Join(", ", sent)}).");
            return;
        }

        var missing = Features.Except(sent).ToArray();
        var extra = sent.Except(Features).ToArray();
        if (missing.Length > 0 || extra.Length > 0)
            throw new InvalidDefinitionException(
                $"{Version} and its callers disagree about the features: " +
                $"{(missing.Length > 0 ? $"the model wants {string.Join(", ", missing.Select(Quote))}, which are not sent" : "")}" +
                $"{(missing.Length > 0 && extra.Length > 0 ? "; " : "")}" +
                $"{(extra.Length > 0 ? $"{string.Join(", ", extra.Select(Quote))} are sent, which the model does not know" : "")}. Bind the model's features by their names.");
        for (var i = 0; i < sent.Count; i++)
        {
            if (sent[i] != Features[i])
                throw new InvalidDefinitionException(
                    $"{Version} wants feature '{Features[i]}' at position {i + 1}; its callers send '{sent[i]}' there. Bind the features in the model's order: {string.Join(", ", Features)}.");
        }
    }

    private static string Quote(string name) => $"'{name}'";
}
