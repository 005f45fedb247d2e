namespace MlOps.Learning;

/// <summary>The saved form of a model, version 1. A reader refuses versions it does not know; fields are only ever added.</summary>
internal sealed record ModelDocument(
    string Format, int Version, LearningTask Task, string Trainer, string[] Features, LinearSection? Linear = null, ForestSection? Forest = null)
{
    private const string FormatName = "mlops.learning.model";
    private const int CurrentVersion = 1;

    public static ModelDocument From(LinearModel model) => new(
        FormatName, CurrentVersion, model.Task, model.Trainer, [.. model.FeatureNames],
        new LinearSection([.. model.Coefficients], model.Intercept, [.. model.Means], [.. model.InverseScales]), null);

    public static ModelDocument From(GradientBoostedTreesModel model)
    {
        Forest forest = model.Forest;
        TreeNode[] nodes = forest.Nodes.ToArray();
        return new ModelDocument(
            FormatName, CurrentVersion, model.Task, model.Trainer, [.. model.FeatureNames], null,
            new ForestSection(
                forest.BaseScore, forest.Roots.ToArray(), Array.ConvertAll(nodes, node => node.Feature),
                Array.ConvertAll(nodes, node => node.Threshold), Array.ConvertAll(nodes, node => node.Left),
                Array.ConvertAll(nodes, node => node.MissingLeft), forest.Values.ToArray(), forest.Gains));
    }

    public static TrainedModel Read(ModelDocument? document)
    {
        Require(document is { Format: FormatName }, $"its format is '{document?.Format}', not '{FormatName}'");
        Require(document!.Version == CurrentVersion, $"its version is {document.Version}; this package reads version {CurrentVersion}: update it");
        Require(document.Features.Length > 0, "it has no features");
        Require(Enum.IsDefined(document.Task), $"its task is {document.Task}");
        return document switch
        {
            { Linear: { } linear, Forest: null } => ReadLinear(document, linear),
            { Forest: { } forest, Linear: null } => new GradientBoostedTreesModel(document.Task, document.Features, ReadForest(document, forest)),
            _ => throw Broken("it must hold either a linear model or a forest"),
        };
    }

    private static LinearModel ReadLinear(ModelDocument document, LinearSection linear)
    {
        int features = document.Features.Length;
        Require(
            linear.Coefficients.Length == features && linear.Means.Length == features && linear.InverseScales.Length == features,
            $"it has {features} features, but not as many coefficients, means and scales");
        Require(
            linear.Coefficients.All(double.IsFinite) && double.IsFinite(linear.Intercept) && linear.Means.All(float.IsFinite) && linear.InverseScales.All(float.IsFinite),
            "a coefficient, mean or scale is not finite");
        return new LinearModel(
            document.Task, document.Trainer, document.Features, new Standardizer(linear.Means, linear.InverseScales), linear.Coefficients, linear.Intercept);
    }

    private static Forest ReadForest(ModelDocument document, ForestSection forest)
    {
        int count = forest.Features.Length;
        Require(
            forest.Thresholds.Length == count && forest.Left.Length == count && forest.MissingLeft.Length == count
                && forest.Values.Length == count && forest.Gains.Length == count,
            "the forest's arrays differ in length");
        Require(double.IsFinite(forest.BaseScore), "its base score is not finite");

        int previous = -1;
        foreach (int root in forest.Roots)
        {
            Require(root > previous && root < count, $"root {root} is out of order or range");
            previous = root;
        }

        Require(forest.Roots.Length > 0 ? forest.Roots[0] == 0 : count == 0, "its nodes do not begin with a root");
        TreeNode[] nodes = new TreeNode[count];
        for (int tree = 0; tree < forest.Roots.Length; tree++)
        {
            int end = tree + 1 < forest.Roots.Length ? forest.Roots[tree + 1] : count;
            for (int node = forest.Roots[tree]; node < end; node++)
            {
                bool leaf = forest.Left[node] == node;
                bool features = forest.Features[node] >= 0 && forest.Features[node] < document.Features.Length;

                // Children after their parent and inside the tree: no walk can loop or leave the arrays.
                Require(features && (leaf || (forest.Left[node] > node && forest.Left[node] < end - 1)), $"node {node} points out of its tree");
                Require(float.IsFinite(forest.Values[node]) && !float.IsNaN(forest.Thresholds[node]), $"node {node} holds NaN or an infinite value");
                nodes[node] = leaf ? TreeNode.Leaf(node) : new TreeNode(forest.Features[node], forest.Thresholds[node], forest.Left[node], forest.MissingLeft[node]);
            }
        }

        return new Forest(nodes, forest.Values, forest.Gains, forest.Roots, forest.BaseScore);
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw Broken(otherwise);
    }

    private static CorruptDataException Broken(string why) => new($"The saved model cannot be used: {why}.");
}
