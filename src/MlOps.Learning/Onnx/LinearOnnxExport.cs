namespace MlOps.Learning;

/// <summary>A linear model as Sub, Mul, Clip, imputation, Gemm and, for probabilities, Sigmoid.</summary>
internal static class LinearOnnxExport
{
    public static void Write(OnnxModelWriter writer, LinearModel model)
    {
        int features = model.FeatureNames.Count;
        writer.Initializer("means", [features], model.Standardizer.Means);
        writer.Initializer("inverse_scales", [features], model.Standardizer.InverseScales);
        writer.Initializer("lowest", [], [-Standardizer.Limit]);
        writer.Initializer("highest", [], [Standardizer.Limit]);
        writer.Initializer("zero", [1], [0]);
        writer.Initializer("coefficients", [features, 1], [.. model.Coefficients.Select(value => (float)value)]);
        writer.Initializer("intercept", [1], [(float)model.Intercept]);

        writer.Node("IsNaN", [writer.Input], "is_nan");
        writer.Node("IsInf", [writer.Input], "is_infinite");
        writer.Node("Or", ["is_nan", "is_infinite"], "is_missing");
        writer.Node("Sub", [writer.Input, "means"], "centred");
        writer.Node("Mul", ["centred", "inverse_scales"], "scaled");
        writer.Node("Clip", ["scaled", "lowest", "highest"], "clipped");
        writer.Node("Where", ["is_missing", "zero", "clipped"], "standardised");
        bool regression = model.Task == LearningTask.Regression;
        writer.Node("Gemm", ["standardised", "coefficients", "intercept"], regression ? writer.Output : "score");
        if (!regression)
            writer.Node("Sigmoid", ["score"], writer.Output);
    }
}
