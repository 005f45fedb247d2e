using System.Runtime.CompilerServices;
using System.Text;

namespace MlOps;

public sealed partial class DataFrame
{
    private const int DefaultBatchRows = 65_536;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads CSV (RFC 4180). Types are given, or found from all the data: true/false, integers (long), numbers (double), ISO 8601 moments with
    /// a zone, else text (also codes such as 007 and integers beyond 64 bits). An unquoted empty field is null, a quoted one is the empty text.
    /// </summary>
    /// <param name="reader">The text, with or without a byte order mark; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="InvalidInputException">A record has too few or too many fields, a column stands twice, or a field is not of its column's type; the message names the line.</exception>
    public static DataFrame ReadCsv(TextReader reader, CsvOptions? options = null) => new CsvTable(reader, options).ReadAll();

    /// <summary>
    /// Reads CSV as <see cref="ReadCsv"/> does, a batch at a time; memory holds one batch. Types that are not given are those of the first
    /// batch: a later field that is not of them is refused.
    /// </summary>
    /// <param name="reader">The text; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <returns>Batches of that many rows, the last perhaps fewer; one without rows when there are none, so that the columns are known.</returns>
    /// <exception cref="InvalidInputException">As for <see cref="ReadCsv"/>.</exception>
    public static IAsyncEnumerable<DataFrame> StreamCsvAsync(TextReader reader, CsvOptions? options = null, int batchRows = DefaultBatchRows, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        return Stream(new CsvTable(reader, options), batchRows, cancellationToken);
    }

    /// <summary>Reads a CSV file (UTF-8, or as its byte order mark says) a batch at a time; see <see cref="StreamCsvAsync(TextReader, CsvOptions?, int, CancellationToken)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How; null means the defaults.</param>
    /// <param name="batchRows">Rows of a batch.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <returns>The batches.</returns>
    /// <exception cref="NotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidInputException">As for <see cref="ReadCsv"/>.</exception>
    public static async IAsyncEnumerable<DataFrame> StreamCsvAsync(
        string path, CsvOptions? options = null, int batchRows = DefaultBatchRows, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var reader = OpenText(path);
        await foreach (var batch in StreamCsvAsync(reader, options, batchRows, cancellationToken).ConfigureAwait(false))
            yield return batch;
    }

    /// <summary>Writes CSV (RFC 4180, \n as line end) that <see cref="ReadCsv"/> reads back to the same values: null is empty, the empty text is "".</summary>
    /// <param name="writer">Where to; not closed.</param>
    /// <param name="options">How; null means the defaults.</param>
    public void WriteCsv(TextWriter writer, CsvOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        options ??= new CsvOptions();
        options.Check();
        if (options.HasHeader)
        {
            for (var c = 0; c < _columns.Length; c++)
                WriteField(writer, c, _columns[c].Name, options);
            writer.Write('\n');
        }

        for (var row = 0; row < RowCount; row++)
        {
            for (var c = 0; c < _columns.Length; c++)
                WriteField(writer, c, _columns[c].IsNull(row) ? null : ValueText.Format(_columns[c], row), options);
            writer.Write('\n');
        }
    }

    private static void WriteField(TextWriter writer, int column, string? text, CsvOptions options)
    {
        if (column > 0)
            writer.Write(options.Delimiter);
        if (text is null)
        {
            writer.Write(options.NullText);
            return;
        }

        var quote = text.Length == 0 || text == options.NullText || text.Contains(options.Delimiter, StringComparison.Ordinal) || text.AsSpan().ContainsAny("\"\r\n\uFEFF");
        if (!quote)
        {
            writer.Write(text);
            return;
        }

        writer.Write('"');
        writer.Write(text.Replace("\"", "\"\"", StringComparison.Ordinal));
        writer.Write('"');
    }

    private static async IAsyncEnumerable<DataFrame> Stream(CsvTable table, int batchRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!await table.BeginAsync(cancellationToken).ConfigureAwait(false))
            yield break;
        var batches = 0;
        while (await table.AddAsync(cancellationToken).ConfigureAwait(false))
        {
            if (table.Rows < batchRows)
                continue;
            batches++;
            yield return table.Build();
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (table.Rows > 0 || batches == 0)
            yield return table.Build();
    }

    private static StreamReader OpenText(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path) ? new StreamReader(path, StrictUtf8, detectEncodingFromByteOrderMarks: true, 1 << 16) : throw new NotFoundException($"There is no file '{path}'.");
    }
}
