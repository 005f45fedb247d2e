using System.Text;
using System.Text.Json;

namespace MlOps.AspNetCore;

/// <summary>What is the same in every answer to a row by one version under one variant, encoded once.</summary>
internal sealed class RowTemplate(JsonEncodedText model, ModelPlan plan, string variant)
{
    public ModelPlan Plan => plan;

    public string Variant => variant;

    /// <summary>Up to the prediction's identity.</summary>
    public byte[] Begin { get; } = Encoding.UTF8.GetBytes(
        $$"""{"model_name":"{{model}}","model_version":"{{plan.VersionEncoded}}","parameters":{"variant":"{{JsonEncodedText.Encode(variant)}}","prediction_id":""" + "\"");

    /// <summary>From there to the data.</summary>
    public byte[] Json { get; } = Encoding.UTF8.GetBytes($"{Middle(plan)}\"data\":[");

    /// <summary>The same when the data are binary.</summary>
    public byte[] Binary { get; } = Encoding.UTF8.GetBytes($"{Middle(plan)}\"parameters\":{{\"binary_data_size\":{plan.RowOutputWidth * sizeof(float)}}}}}]");

    private static string Middle(ModelPlan plan) =>
        $"\"}},\"outputs\":[{{\"name\":\"{plan.Outputs[plan.RowOutput].Encoded}\",\"datatype\":\"FP32\",\"shape\":[{string.Join(',', plan.RowShape)}],";
}
