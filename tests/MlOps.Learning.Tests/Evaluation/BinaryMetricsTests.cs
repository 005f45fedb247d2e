using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Learning.Tests.Evaluation;

public sealed class BinaryMetricsTests
{
    private static readonly JsonElement Reference = Expected.Root.GetProperty("binary");

    [Fact]
    public void Evaluate_Recipe_EqualsScikitLearn()
    {
        (float[] labels, float[] scores, _) = Scores.Make();
        BinaryEvaluation evaluation = BinaryMetrics.Evaluate(labels, scores, new() { RocPoints = int.MaxValue });
        evaluation.Rows.Should().Be(1000);
        evaluation.Auc.Estimate.Should().BeApproximately(Reference.Number("auc"), 1e-9);
        evaluation.AveragePrecision.Should().BeApproximately(Reference.Number("averagePrecision"), 1e-9);
        evaluation.LogLoss.Should().BeApproximately(Reference.Number("logLoss"), 1e-9);
        evaluation.BrierScore.Should().BeApproximately(Reference.Number("brier"), 1e-9);
        evaluation.Confusion.Accuracy.Should().BeApproximately(Reference.Number("accuracy"), 1e-9);
        evaluation.Confusion.Precision.Should().BeApproximately(Reference.Number("precision"), 1e-9);
        evaluation.Confusion.Recall.Should().BeApproximately(Reference.Number("recall"), 1e-9);
        evaluation.Confusion.F1.Should().BeApproximately(Reference.Number("f1"), 1e-9);
        double[] confusion = Reference.Numbers("confusion");
        new[] { evaluation.Confusion.TruePositives, evaluation.Confusion.FalsePositives, evaluation.Confusion.TrueNegatives, (double)evaluation.Confusion.FalseNegatives }
            .Should().Equal(confusion);
        Close(evaluation.RocCurve.Select(point => point.FalsePositiveRate), Reference.Numbers("fpr"));
        Close(evaluation.RocCurve.Select(point => point.TruePositiveRate), Reference.Numbers("tpr"));
        Close(evaluation.RocCurve.Skip(1).Select(point => point.Threshold), Reference.Numbers("thresholds"));
        Close(evaluation.Calibration.Select(bin => bin.PositiveRate), Reference.Numbers("observed"));
        Close(evaluation.Calibration.Select(bin => bin.MeanProbability), Reference.Numbers("predicted"));
        evaluation.ExpectedCalibrationError.Should().BeApproximately(
            evaluation.Calibration.Sum(bin => bin.Rows * Math.Abs(bin.MeanProbability - bin.PositiveRate)) / 1000, 1e-12);
    }

    [Fact]
    public void Auc_AnyRows_EqualsItsDefinitionAndDeLongs() => Prop.ForAll(
        ArbMap.Default.ArbFor<(bool Label, byte Score)[]>(), rows =>
        {
            float[] labels = [1, 0, 1, 0, .. rows.Select(row => row.Label ? 1f : 0f)];
            float[] scores = [3, 3, 5, 1, .. rows.Select(row => (float)(row.Score % 16))];
            double won = 0;
            double pairs = 0;
            for (int i = 0; i < labels.Length; i++)
            {
                for (int j = 0; j < labels.Length; j++)
                {
                    if (labels[i] > labels[j])
                    {
                        pairs++;
                        won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                    }
                }
            }

            double auc = BinaryMetrics.Auc(labels, scores);
            return Math.Abs(auc - (won / pairs)) < 1e-12 && Math.Abs(auc - DeLong.Interval(labels, scores).Estimate) < 1e-12;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Auc_MonotoneMapAndPermutation_ChangeNothing()
    {
        (float[] labels, float[] scores, _) = Scores.Make();
        double auc = BinaryMetrics.Auc(labels, scores);
        BinaryMetrics.Auc(labels, Array.ConvertAll(scores, score => (score * score * score) - 4)).Should().Be(auc);
        BinaryMetrics.Auc(labels, Array.ConvertAll(scores, score => -score)).Should().BeApproximately(1 - auc, 1e-12);
        int[] order = [.. Enumerable.Range(0, labels.Length)];
        new Random(5).Shuffle(order);
        float[] shuffledLabels = [.. order.Select(i => labels[i])];
        float[] shuffledScores = [.. order.Select(i => scores[i])];
        BinaryMetrics.Auc(shuffledLabels, shuffledScores).Should().Be(auc);
        BinaryMetrics.AveragePrecision(shuffledLabels, shuffledScores).Should().Be(BinaryMetrics.AveragePrecision(labels, scores));
    }

    [Fact]
    public void RocCurve_Area_IsTheAuc()
    {
        (float[] labels, _, float[] scores) = Scores.Make();
        IReadOnlyList<RocPoint> curve = BinaryMetrics.RocCurve(labels, scores);
        double area = 0;
        for (int i = 1; i < curve.Count; i++)
            area += (curve[i].FalsePositiveRate - curve[i - 1].FalsePositiveRate) * (curve[i].TruePositiveRate + curve[i - 1].TruePositiveRate) / 2;
        area.Should().BeApproximately(BinaryMetrics.Auc(labels, scores), 1e-12);
    }

    [Fact]
    public void Evaluate_ManyScores_ThinsTheCurveButKeepsItsEnds()
    {
        float[] labels = [.. Enumerable.Range(0, 20_000).Select(i => (float)(i % 2))];
        float[] scores = [.. Enumerable.Range(0, 20_000).Select(i => (float)Recipe.Unit(21, i))];
        IReadOnlyList<RocPoint> curve = BinaryMetrics.Evaluate(labels, scores, new() { RocPoints = 50 }).RocCurve;
        curve.Count.Should().BeInRange(45, 50);
        (curve[0].FalsePositiveRate, curve[0].TruePositiveRate).Should().Be((0, 0));
        (curve[^1].FalsePositiveRate, curve[^1].TruePositiveRate).Should().Be((1, 1));
    }

    [Fact]
    public void Evaluate_BadRows_SaysWhichAndWhy()
    {
        ((Action)(() => BinaryMetrics.Evaluate([1, 1], [.5f, .6f]))).Should().Throw<InvalidInputException>().WithMessage("*Every one of the 2 labels is 1*");
        ((Action)(() => BinaryMetrics.Evaluate([1, 0], [.5f, float.NaN]))).Should().Throw<InvalidInputException>().WithMessage("*row 1 is NaN*");
        ((Action)(() => BinaryMetrics.Evaluate([1, 0], [.5f, 1.5f]))).Should().Throw<InvalidInputException>().WithMessage("*row 1 is 1.5*");
        ((Action)(() => BinaryMetrics.Evaluate([1, .5f], [.5f, .5f]))).Should().Throw<InvalidInputException>().WithMessage("*row 1 is 0.5*");
        ((Action)(() => BinaryMetrics.Evaluate([1], [.5f, .5f]))).Should().Throw<InvalidInputException>().WithMessage("*1 labels*2 scores*");
        ((Action)(() => BinaryMetrics.LogLoss([], []))).Should().Throw<InvalidInputException>().WithMessage("*no rows*");
        ((Action)(() => BinaryMetrics.Evaluate([1, 0, 1], [.5f, .1f, .2f]))).Should().Throw<InvalidInputException>().WithMessage("*1 of label 0*two of each*");
        ((Action)(() => BinaryMetrics.Evaluate([1, 0], [.5f, .1f], new() { CalibrationBins = 0, RocPoints = 1, Confidence = 2 })))
            .Should().Throw<InvalidDefinitionException>().WithMessage("*CalibrationBins is 0*RocPoints is 1*Confidence is 2*");
    }

    [Fact]
    public void Evaluation_AsJson_ComesBack()
    {
        (float[] labels, float[] scores, _) = Scores.Make();
        BinaryEvaluation evaluation = BinaryMetrics.Evaluate(labels, scores);
        string json = JsonSerializer.Serialize(evaluation, EvaluationJsonContext.Default.BinaryEvaluation);
        BinaryEvaluation back = JsonSerializer.Deserialize(json, EvaluationJsonContext.Default.BinaryEvaluation)!;
        back.Should().BeEquivalentTo(evaluation);
    }

    private static void Close(IEnumerable<double> actual, double[] expected)
    {
        double[] values = [.. actual];
        values.Should().HaveCount(expected.Length);
        for (int i = 0; i < values.Length; i++)
            values[i].Should().BeApproximately(expected[i], 1e-9);
    }
}
