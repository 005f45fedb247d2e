using System.Text.Json.Serialization;

namespace MlOps;

/// <summary>What a node of the lineage is. The comment of each says what its identity looks like.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LineageNodeKind>))]
public enum LineageNodeKind
{
    /// <summary>Data by content: a raw file, a training frame, a model's bytes. The digest, for instance <c>sha256:...</c>.</summary>
    Data = 0,

    /// <summary>Rows that were ingested into a feature view. <c>view.v1/batch key</c>.</summary>
    Batch = 1,

    /// <summary>A version of a feature view. <c>view.v1</c>.</summary>
    FeatureView = 2,

    /// <summary>A feature service by its definitions. <c>service@hash</c>.</summary>
    FeatureService = 3,

    /// <summary>A run of a pipeline. Its identity.</summary>
    PipelineRun = 4,

    /// <summary>A tracking run. Its identity.</summary>
    Run = 5,

    /// <summary>A model version of this environment. <c>model:version</c>.</summary>
    ModelVersion = 6,

    /// <summary>A model version of another environment, known by name only. <c>environment/model:version</c>.</summary>
    ForeignVersion = 7,

    /// <summary>An alias as it points now. <c>model@alias</c>.</summary>
    Alias = 8,

    /// <summary>An endpoint. Its name.</summary>
    Endpoint = 9,

    /// <summary>The answers of one version at one endpoint, or of one batch job. <c>endpoint/model:version</c>, or <c>batch/job/run</c>.</summary>
    Predictions = 10,

    /// <summary>One answer. Its <see cref="PredictionId"/>.</summary>
    Prediction = 11,
}
