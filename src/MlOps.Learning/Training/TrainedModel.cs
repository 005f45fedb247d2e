using System.Text.Json;

namespace MlOps.Learning;

/// <summary>A trained model: immutable and thread-safe; predicts, explains, saves itself and exports itself to ONNX.</summary>
public abstract class TrainedModel
{
    private protected TrainedModel(LearningTask task, string trainer, IReadOnlyList<string> featureNames)
    {
        Task = task;
        Trainer = trainer;
        FeatureNames = featureNames;
    }

    /// <summary>What the model predicts.</summary>
    public LearningTask Task { get; }

    /// <summary>The name of the trainer that made the model.</summary>
    public string Trainer { get; }

    /// <summary>The features the model reads, in order.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>How much the model leans on each feature, in the order of <see cref="FeatureNames"/>.</summary>
    public abstract IReadOnlyList<FeatureImportance> FeatureImportances { get; }

    /// <summary>Reads a model that <see cref="Save(Stream)"/> wrote. The file is checked: a broken or hostile one fails here, not in a prediction.</summary>
    /// <param name="source">The stream, read to its end.</param>
    /// <returns>The model.</returns>
    /// <exception cref="CorruptDataException">The stream is no such model, of a newer version, or inconsistent.</exception>
    public static TrainedModel Load(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        ModelDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(source, ModelJsonContext.Default.ModelDocument);
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"The stream is not a saved model: {e.Message}", e);
        }

        return ModelDocument.Read(document);
    }

    /// <summary>Writes the model as versioned JSON; equal models give equal bytes.</summary>
    /// <param name="destination">The stream; not closed.</param>
    public void Save(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        JsonSerializer.Serialize(destination, ToDocument(), ModelJsonContext.Default.ModelDocument);
    }

    /// <summary>Predicts one row.</summary>
    /// <param name="row">The features in the order of <see cref="FeatureNames"/>; NaN is missing.</param>
    /// <returns>The probability of class 1, or the predicted number.</returns>
    /// <exception cref="InvalidInputException">The row has another number of features.</exception>
    public float Predict(ReadOnlySpan<float> row)
    {
        if (row.Length != FeatureNames.Count)
            throw new InvalidInputException($"The row has {row.Length} features, but the model takes {FeatureNames.Count}: {string.Join(", ", FeatureNames)}.");
        return PredictRow(row);
    }

    /// <summary>Predicts every row of a matrix, one block of rows at a time.</summary>
    /// <param name="data">Rows with the model's features, in the same order.</param>
    /// <param name="destination">One prediction per row.</param>
    /// <param name="cancellationToken">Looked at between blocks.</param>
    /// <exception cref="InvalidInputException">The features differ from the model's.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void Predict(FeatureMatrix data, Span<float> destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!data.FeatureNames.SequenceEqual(FeatureNames))
        {
            throw new InvalidInputException(
                $"The data have the features [{string.Join(", ", data.FeatureNames)}], but the model takes [{string.Join(", ", FeatureNames)}], in that order.");
        }

        if (destination.Length < data.RowCount)
            throw new ArgumentException($"The destination holds {destination.Length} predictions, but there are {data.RowCount} rows.", nameof(destination));

        int width = data.ColumnCount;
        int blockRows = Math.Clamp(16 * 1024 / Math.Max(width, 1), 8, 1024);
        float[] block = new float[blockRows * width];
        for (int start = 0; start < data.RowCount; start += blockRows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(blockRows, data.RowCount - start);
            for (int column = 0; column < width; column++)
            {
                ReadOnlySpan<float> values = data.Column(column).Slice(start, count);
                for (int i = 0, at = column; i < values.Length; i++, at += width)
                    block[at] = values[i];
            }

            PredictBlock(block.AsSpan(0, count * width), destination.Slice(start, count));
        }
    }

    /// <summary>Predicts every row of a matrix.</summary>
    /// <param name="data">Rows with the model's features, in the same order.</param>
    /// <param name="cancellationToken">Looked at between blocks of rows.</param>
    /// <returns>One prediction per row.</returns>
    public float[] Predict(FeatureMatrix data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        float[] predictions = new float[data.RowCount];
        Predict(data, predictions, cancellationToken);
        return predictions;
    }

    /// <summary>
    /// Exports the model to ONNX (opset 17; trees use ai.onnx.ml 3): input <c>features</c> float <c>[N, F]</c> with N dynamic,
    /// output <c>probability</c> (or <c>prediction</c> for regression) float <c>[N, 1]</c>. NaN stays a missing value.
    /// </summary>
    /// <param name="options">Names and extra metadata.</param>
    /// <returns>A serialised ModelProto; equal models give equal bytes.</returns>
    public byte[] ToOnnx(OnnxExportOptions? options = null)
    {
        OnnxModelWriter writer = new(this, options ?? new OnnxExportOptions());
        WriteOnnx(writer);
        return writer.ToArray();
    }

    internal abstract void WriteOnnx(OnnxModelWriter writer);

    internal abstract ModelDocument ToDocument();

    private protected abstract float PredictRow(ReadOnlySpan<float> row);

    /// <summary>Predicts rows that lie one after the other.</summary>
    private protected abstract void PredictBlock(ReadOnlySpan<float> rows, Span<float> destination);

    private protected IReadOnlyList<FeatureImportance> Shares(ReadOnlySpan<double> values)
    {
        double total = 0;
        foreach (double value in values)
            total += value;
        FeatureImportance[] shares = new FeatureImportance[values.Length];
        for (int i = 0; i < shares.Length; i++)
            shares[i] = new FeatureImportance(FeatureNames[i], values[i], total > 0 ? values[i] / total : 0);
        return shares;
    }
}
