using System.Text.Json.Serialization;

namespace MlOps.Orchestration;

/// <summary>How a model comes into the next environment.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromotionStrategy>))]
public enum PromotionStrategy
{
    /// <summary>The staged version's blobs are copied, each digest verified; training happens once.</summary>
    CopyModel = 0,

    /// <summary>The pipeline that made the staged version runs again in the next environment, on its data; nothing crosses but the request.</summary>
    RetrainInTarget = 1,
}
