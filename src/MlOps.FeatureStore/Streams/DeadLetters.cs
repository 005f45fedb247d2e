using System.Buffers;
using System.Text;
using System.Text.Json;

namespace MlOps.Features;

/// <summary>Sets bad records aside: to the job's callback, or as JSON lines into its file, made durable before the job goes on.</summary>
internal sealed class DeadLetters(StreamJob job, IFileSystem files, string path, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IDurableFile? _file;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public async ValueTask AddAsync(PoisonRecord record, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _count) > job.MaxPoison)
            throw new InvalidInputException(
                $"Stream job '{job.Name}' set {job.MaxPoison} records aside, so something is wrong with all of them; the last one, at offset {record.Offset} of partition '{record.Partition}': {record.Error} Correct the stream or the view, or raise StreamJob.MaxPoison, and start again.");
        StreamMetrics.Poison(job);
        if (job.OnPoison is { } callback)
        {
            await callback(record, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            Write(record);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes the records that hold a key out of the file.</summary>
    public async ValueTask<int> EraseAsync(IReadOnlyList<string> key, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The next record opens the new file.
            _file?.Dispose();
            _file = null;
            return Erase(files, path, key);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Takes the records that hold a key out of a file that no job writes.</summary>
    public static int Erase(IFileSystem files, string path, IReadOnlyList<string> key)
    {
        if (!files.FileExists(path))
            return 0;
        string[] lines;
        using (var reader = new StreamReader(files.OpenRead(path)))
            lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var kept = lines.Where(line => !Holds(line, key)).ToArray();
        if (kept.Length == lines.Length)
            return 0;
        var temporary = path + ".tmp";
        files.Delete(temporary);
        using (var file = files.CreateNew(temporary))
        {
            foreach (var line in kept)
                file.Write(Encoding.UTF8.GetBytes(line + "\n"));
            file.Flush();
        }

        files.Replace(temporary, path);
        files.FlushDirectory(Path.GetDirectoryName(path)!);
        return lines.Length - kept.Length;
    }

    // A torn last line cannot be read, and so may hold it.
    private static bool Holds(string line, IReadOnlyList<string> key)
    {
        try
        {
            using var record = JsonDocument.Parse(line);
            var content = record.RootElement.GetProperty("content").GetString() ?? "";
            return KeySearch.IsIn($"{content}\n{Unescaped(content)}\n{record.RootElement.GetProperty("error").GetString()}", key);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException)
        {
            return true;
        }
    }

    // Rows are set aside as JSON lines, in which letters may be written as numbers; what could not be read as rows is as it came.
    private static string Unescaped(string content)
    {
        try
        {
            var texts = new StringBuilder();
            foreach (var line in content.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                using var row = JsonDocument.Parse(line);
                foreach (var value in row.RootElement.EnumerateObject().Select(member => member.Value))
                    texts.Append(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()).Append('\n');
            }

            return texts.ToString();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _gate.Dispose();
    }

    private void Write(PoisonRecord record)
    {
        if (_file is null)
        {
            files.CreateDirectory(Path.GetDirectoryName(path)!);
            _file = files.OpenAppend(path);
            files.FlushDirectory(Path.GetDirectoryName(path)!);
        }

        if (_file.Length > job.MaxDeadLetterBytes)
            throw new StorageException($"The dead-letter file '{path}' of stream job '{job.Name}' has {_file.Length} bytes; {job.MaxDeadLetterBytes} are allowed. Deal with its records, remove it, and start the job again.");
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteString("at", clock.GetUtcNow());
            writer.WriteString("job", record.Job);
            writer.WriteString("partition", record.Partition);
            writer.WriteNumber("offset", record.Offset);
            writer.WriteString("error", record.Error);
            writer.WriteString("content", record.Content);
            writer.WriteEndObject();
        }

        line.Write("\n"u8);
        _file.Write(line.WrittenSpan);
        _file.Flush();
    }
}
