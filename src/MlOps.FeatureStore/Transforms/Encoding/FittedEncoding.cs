using System.Buffers;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>
/// An encoding with what it learnt from training data. Whole frames and single rows go through the same code and give the same bits.
/// Immutable and thread-safe; a row is encoded without allocation.
/// </summary>
public sealed class FittedEncoding
{
    internal const string Format = "mlops-feature-encoding";
    internal const int Version = 1;
    private readonly EncodedColumn[] _columns;
    private readonly EncodingStep[] _steps;
    private readonly byte[] _json;

    internal FittedEncoding(EncodedColumn[] columns, EncodingStep[] steps)
    {
        _columns = columns;
        _steps = steps;
        InputNames = [.. columns.Select(column => column.Name)];
        OutputNames = [.. steps.SelectMany(step => step.Names(columns[step.Column].Name))];
        if (OutputNames.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InvalidDefinitionException($"The encoding gives '{twice.Key}' twice: encode the column once that way.");
        _json = Write();
        Digest = ArtifactDigest.Of(_json);
    }

    /// <summary>The columns that it reads, in the order in which a row's values are given.</summary>
    public IReadOnlyList<string> InputNames { get; }

    /// <summary>The floats that it writes, for instance <c>carrier=UA</c>, <c>carrier_other</c>, <c>delay_standardised</c>.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>SHA-256 of what <see cref="Save"/> writes: two encodings of one digest do the same.</summary>
    public ArtifactDigest Digest { get; }

    /// <summary>The encoding as JSON, as it is saved.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>Encodes a frame.</summary>
    /// <param name="frame">The frame; further columns are ignored.</param>
    /// <returns>One row of floats per row.</returns>
    /// <exception cref="NotFoundException">A column is missing.</exception>
    /// <exception cref="InvalidInputException">A column is of another type than at training, or a category is refused.</exception>
    public FeatureTensor Transform(DataFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var columns = _columns.Select(column => frame[column.Name]).ToArray();
        var width = OutputNames.Count;
        var output = new float[checked(frame.RowCount * width)];
        var block = new FeatureValue[Math.Min(ColumnValues.BlockRows, frame.RowCount) * columns.Length];
        for (var start = 0; start < frame.RowCount; start += ColumnValues.BlockRows)
        {
            var count = Math.Min(ColumnValues.BlockRows, frame.RowCount - start);
            for (var i = 0; i < columns.Length; i++)
                ColumnValues.Fill(columns[i], start, count, block.AsSpan(i), columns.Length);
            for (var row = 0; row < count; row++)
            {
                try
                {
                    Transform(block.AsSpan(row * columns.Length, columns.Length), output.AsSpan((start + row) * width, width));
                }
                catch (InvalidInputException error)
                {
                    throw new InvalidInputException($"Encoding of row {start + row}: {error.Message}", error);
                }
            }
        }

        return new FeatureTensor(output, frame.RowCount, OutputNames);
    }

    /// <summary>Encodes a row.</summary>
    /// <param name="values">One per column in <see cref="InputNames"/>.</param>
    /// <param name="destination">At least as long as <see cref="OutputNames"/>.</param>
    /// <exception cref="InvalidInputException">Values are too few or too many, or of another type than at training, or a category is refused.</exception>
    public void Transform(ReadOnlySpan<FeatureValue> values, Span<float> destination)
    {
        if (values.Length != _columns.Length)
            throw new InvalidInputException($"The encoding takes {_columns.Length} value(s) ({string.Join(", ", InputNames)}); {values.Length} were given.");
        if (destination.Length < OutputNames.Count)
            throw new InvalidInputException($"The encoding writes {OutputNames.Count} numbers; the destination has room for {destination.Length}.");
        var next = 0;
        foreach (var step in _steps)
        {
            ref readonly var value = ref values[step.Column];
            var column = _columns[step.Column];
            Check(in value, column);
            var number = column.Kind == EncodedKind.Number ? value.ToDouble() : double.NaN;
            if (column.Fill is { } fill && double.IsNaN(number))
                number = fill;
            step.Encode(in value, number, destination.Slice(next, step.Width));
            next += step.Width;
        }
    }

    /// <summary>Writes the encoding as JSON.</summary>
    /// <param name="stream">Where to.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(_json);
    }

    /// <summary>Reads what <see cref="Save"/> wrote; anything else is refused.</summary>
    /// <param name="stream">Where from.</param>
    /// <returns>The encoding.</returns>
    /// <exception cref="InvalidInputException">It is no encoding, or one of another version; the message says where.</exception>
    public static FittedEncoding Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return EncodingReader.Read(stream);
    }

    /// <summary>Reads what <see cref="Save"/> wrote; anything else is refused.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>The encoding.</returns>
    /// <exception cref="InvalidInputException">It is no encoding, or one of another version; the message says where.</exception>
    public static FittedEncoding Load(ReadOnlyMemory<byte> json) => EncodingReader.Read(json);

    private static void Check(in FeatureValue value, EncodedColumn column)
    {
        if (value.HasValue && value.Type == DataType.String != (column.Kind == EncodedKind.Text) || value.Type == DataType.Timestamp)
            throw new InvalidInputException($"Column '{column.Name}' was {(column.Kind == EncodedKind.Text ? "text" : "a number")} in the training data; '{value}' is {value.Type}.");
    }

    private byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteStartArray("columns");
            foreach (var column in _columns)
            {
                json.WriteStartObject();
                json.WriteString("name", column.Name);
                json.WriteString("kind", column.Kind.ToString());
                if (column.Fill is { } fill)
                    json.WriteNumber("fill", fill);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("steps");
            foreach (var step in _steps)
            {
                json.WriteStartObject();
                json.WriteString("kind", step.Kind);
                json.WriteNumber("column", step.Column);
                step.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
