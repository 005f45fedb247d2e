using System.Text.Json.Serialization;

namespace MlOps.Registry;

/// <summary>The eight kinds of artifact that a model version consists of.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelArtifactKind>))]
public enum ModelArtifactKind
{
    /// <summary>What the model is: architecture, graph, feature service and target, as data.</summary>
    Definition = 1,

    /// <summary>What was learnt: weights, trees, fitted scalers.</summary>
    Parameters = 2,

    /// <summary>The featurize and predict functions; the served one is named <see cref="ModelArtifactNames.Predict"/>.</summary>
    Functions = 3,

    /// <summary>Packages and versions, runtime, operating system, hardware.</summary>
    Dependencies = 4,

    /// <summary>The training, validation and test data, or references with digests.</summary>
    Data = 5,

    /// <summary>How it was made: framework, code version, splits, hyper-parameters and the ranges considered.</summary>
    GenerationCode = 6,

    /// <summary>Metrics, curves, plots and reports of the experiment.</summary>
    ExperimentArtifacts = 7,

    /// <summary>Owner, task and other labels at the time of registration.</summary>
    Tags = 8,
}
