namespace MlOps.Learning;

/// <summary>
/// Gradient-boosted decision trees over feature histograms (Friedman 2001; leaf-wise growth and histograms as in LightGBM, Ke et al. 2017),
/// for binary classification and regression.
/// </summary>
/// <remarks>
/// Missing values (NaN) go to the side that reduces the loss more; where training saw none, to the side with more rows. Infinities are
/// ordinary extreme values. Thresholds are floats half-way between neighbouring values, compared with &lt;=, so that ONNX agrees on every row.
/// Sums are integers: the same data and options give the same model for any number of threads. A classifier without weights and row draws
/// is, up to 200,000 rows (above, bins come from a sample), the same for any order of rows too.
/// </remarks>
public sealed class GradientBoostedTreesTrainer : ITrainer
{
    /// <summary>The trainer's name in models and metadata.</summary>
    public const string TrainerName = "gradient-boosted-trees";

    private readonly GradientBoostedTreesOptions _options;

    /// <summary>Creates a trainer.</summary>
    /// <param name="options">The options; absent means defaults.</param>
    /// <exception cref="InvalidDefinitionException">Options are out of range; all are listed.</exception>
    public GradientBoostedTreesTrainer(GradientBoostedTreesOptions? options = null)
    {
        _options = options ?? new GradientBoostedTreesOptions();
        _options.ThrowIfInvalid(TrainerName);
    }

    /// <inheritdoc/>
    public string Name => TrainerName;

    /// <inheritdoc cref="ITrainer.Train"/>
    public GradientBoostedTreesModel Train(
        FeatureMatrix data, FeatureMatrix? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        TrainingData.Require(data, _options.Task, validation);
        if (_options.EarlyStoppingRounds > 0 && validation is null)
        {
            throw new InvalidInputException(
                $"EarlyStoppingRounds is {_options.EarlyStoppingRounds}, but there are no validation data: pass some, or set it to 0.");
        }

        int threads = Workers.Count(_options.Threads);
        BinnedMatrix bins = BinnedMatrix.Build(data, _options.MaxBins, _options.Seed, threads, cancellationToken);
        FixedPointGradients gradients = new(data.RowCount);
        BoostingObjective objective = new(_options.Task, data);
        BoostingObjective? validationObjective = validation is null ? null : new BoostingObjective(_options.Task, validation);
        TreeGrower grower = new(bins, gradients, _options, threads);
        double baseScore = objective.BaseScore();
        ForestBuilder forest = new(baseScore);
        double[] scores = new double[data.RowCount];
        Array.Fill(scores, baseScore);
        double[] validationScores = new double[validation?.RowCount ?? 0];
        Array.Fill(validationScores, baseScore);

        double bestLoss = double.PositiveInfinity;
        int bestTrees = 0;
        for (int round = 0; round < _options.Trees; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            objective.Gradients(scores, gradients, threads);
            int rowCount = DrawRows(grower.Rows, round);
            if (!grower.Grow(forest, rowCount, DrawFeatures(data.ColumnCount, round), cancellationToken))
            {
                forest.DropLastTree();
                if (_options.RowFraction == 1 && _options.FeatureFraction == 1)
                    break;
                continue;
            }

            grower.AddTo(scores);
            if (rowCount < data.RowCount)
            {
                int drawnIn = round;
                AddLastTree(forest, data, scores, threads, row => IsDrawn(row, drawnIn));
            }

            double? validationLoss = null;
            if (validation is not null && (progress is not null || _options.EarlyStoppingRounds > 0))
            {
                AddLastTree(forest, validation, validationScores, threads, null);
                validationLoss = validationObjective!.Loss(validationScores, threads);
                if (validationLoss < bestLoss)
                    (bestLoss, bestTrees) = (validationLoss.Value, forest.TreeCount);
            }

            progress?.Report(new TrainingProgress(round + 1, _options.Trees, objective.Loss(scores, threads), validationLoss));
            if (_options.EarlyStoppingRounds > 0 && forest.TreeCount - bestTrees >= _options.EarlyStoppingRounds)
                break;
        }

        if (_options.EarlyStoppingRounds > 0)
            forest.Keep(bestTrees);
        return new GradientBoostedTreesModel(_options.Task, data.FeatureNames, forest.ToForest());
    }

    TrainedModel ITrainer.Train(
        FeatureMatrix data, FeatureMatrix? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken) =>
        Train(data, validation, progress, cancellationToken);

    private static void AddLastTree(ForestBuilder forest, FeatureMatrix data, double[] scores, int threads, Func<int, bool>? skip)
    {
        const int block = 32 * 1024;
        Workers.Run(threads, (scores.Length + block - 1) / block, piece =>
            forest.AddLastTree(data, scores, piece * block, Math.Min((piece + 1) * block, scores.Length), skip));
    }

    private bool IsDrawn(int row, int round) => SeededHash.Unit(_options.Seed, 2L * round, row) < _options.RowFraction;

    private int DrawRows(Span<int> rows, int round)
    {
        int count = 0;
        bool all = _options.RowFraction == 1;
        for (int row = 0; row < rows.Length; row++)
        {
            if (all || IsDrawn(row, round))
                rows[count++] = row;
        }

        return count;
    }

    private int[] DrawFeatures(int columns, int round)
    {
        int[] features = new int[columns];
        for (int i = 0; i < columns; i++)
            features[i] = i;
        int count = Math.Max(1, (int)Math.Round(_options.FeatureFraction * columns));
        if (count == columns)
            return features;

        for (int i = 0; i < count; i++)
        {
            int pick = i + (int)(SeededHash.Unit(_options.Seed, (2L * round) + 1, i) * (columns - i));
            (features[i], features[pick]) = (features[pick], features[i]);
        }

        Array.Sort(features, 0, count);
        return features[..count];
    }
}
