using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace MlOps;

public sealed partial class DataFrame
{
    /// <summary>
    /// Reads JSON lines: one object a line, values null, true/false, numbers (long where all are integers, else double) and texts
    /// (<see cref="Timestamp"/> where all are ISO 8601 moments with a zone). A missing member is null; columns stand in the order of their first appearance.
    /// </summary>
    /// <param name="reader">The text; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InvalidInputException">A line is no such object, or a column mixes kinds; the message names the line.</exception>
    public static DataFrame ReadJsonLines(TextReader reader, JsonLinesOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var table = new JsonTable(options);
        while (reader.ReadLine() is { } line)
            table.Add(line);
        return table.Build();
    }

    /// <summary>
    /// Reads JSON lines as <see cref="ReadJsonLines"/> does, a batch at a time; memory holds one batch. Columns and types that are not given
    /// are those of the first batch: a later line with another member or kind is refused.
    /// </summary>
    /// <param name="reader">The text; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="cancellationToken">Stops between lines.</param>
    /// <returns>Batches of that many rows, the last perhaps fewer; none when there are no rows.</returns>
    /// <exception cref="InvalidInputException">As for <see cref="ReadJsonLines"/>.</exception>
    public static IAsyncEnumerable<DataFrame> StreamJsonLinesAsync(
        TextReader reader, JsonLinesOptions? options = null, int batchRows = DefaultBatchRows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Stream(reader, new JsonTable(options), batchRows, cancellationToken);
    }

    /// <summary>Reads a file of JSON lines (UTF-8) a batch at a time; see <see cref="StreamJsonLinesAsync(TextReader, JsonLinesOptions?, int, CancellationToken)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="cancellationToken">Stops between lines.</param>
    /// <returns>The batches.</returns>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidInputException">As for <see cref="ReadJsonLines"/>.</exception>
    public static async IAsyncEnumerable<DataFrame> StreamJsonLinesAsync(
        string path, JsonLinesOptions? options = null, int batchRows = DefaultBatchRows, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = OpenText(path);
        await foreach (var batch in StreamJsonLinesAsync(reader, options, batchRows, cancellationToken).ConfigureAwait(false))
            yield return batch;
    }

    /// <summary>Writes one JSON object a line; null, NaN and infinities become null, moments ISO 8601 text.</summary>
    /// <param name="stream">Where to, in UTF-8; not closed.</param>
    public void WriteJsonLines(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var names = Array.ConvertAll(_columns, column => JsonEncodedText.Encode(column.Name));
        using var writer = new Utf8JsonWriter(stream);
        for (var row = 0; row < RowCount; row++)
        {
            writer.WriteStartObject();
            for (var c = 0; c < _columns.Length; c++)
                WriteMember(writer, names[c], _columns[c], row);
            writer.WriteEndObject();
            writer.Flush();
            stream.WriteByte((byte)'\n');
            writer.Reset();
        }
    }

    private static void WriteMember(Utf8JsonWriter writer, JsonEncodedText name, DataColumn column, int row)
    {
        if (column.IsNull(row))
        {
            writer.WriteNull(name);
            return;
        }

        switch (column)
        {
            case DataColumn<bool> flags:
                writer.WriteBoolean(name, flags[row]);
                break;
            case DataColumn<int> numbers:
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<long> numbers:
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<float> numbers when float.IsFinite(numbers[row]):
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<double> numbers when double.IsFinite(numbers[row]):
                writer.WriteNumber(name, numbers[row]);
                break;
            case DataColumn<string> texts:
                if (HasHalfPair(texts[row]))
                    throw new InvalidInputException($"Column '{column.Name}' holds half of a surrogate pair in row {row}: JSON holds Unicode text only. Correct the text, or write CSV.");
                writer.WriteString(name, texts[row]);
                break;
            case DataColumn<Timestamp> moments:
                writer.WriteString(name, moments[row].ToString());
                break;
            default:
                writer.WriteNull(name);
                break;
        }
    }

    private static async ValueTask<string?> ReadLineAsync(TextReader reader, JsonTable table, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidInputException($"The JSON lines hold bytes that are no UTF-8, after line {table.Line}: {e.Message} Convert the file.", e);
        }
    }

    // The writer would put a replacement character there, in silence.
    private static bool HasHalfPair(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return true;
        }

        return false;
    }

    private static async IAsyncEnumerable<DataFrame> Stream(TextReader reader, JsonTable table, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ReadLineAsync(reader, table, cancellationToken).ConfigureAwait(false) is { } line)
        {
            table.Add(line);
            if (table.Rows == batchRows)
                yield return table.Build();
        }

        if (table.Rows > 0)
            yield return table.Build();
    }
}
