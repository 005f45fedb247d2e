using System.Diagnostics.CodeAnalysis;
using MlOps.DuckDb.Native;

namespace MlOps.DuckDb.Reading;

/// <summary>One running query on a connection of its own, so that interrupting it touches no other. Calls block; one caller at a time.</summary>
internal sealed class DuckDbCursor : IDisposable
{
    private readonly ConnectionHandle _connection;
    private readonly string _sql;
    private readonly StatementHandle _statement;
    private DuckDbResult _result;
    private ColumnReader[] _readers = [];
    private bool _hasResult;
    private bool _finished;

    public DuckDbCursor(DatabaseHandle database, string sql, IReadOnlyDictionary<string, object?>? parameters)
    {
        _sql = sql;
        if (DuckDbNative.Connect(database, out _connection) != 0)
        {
            _connection.Dispose();
            throw new StorageException("DuckDB gave no connection. Is the database closed already?");
        }

        var prepared = DuckDbNative.Prepare(_connection, sql, out _statement);
        try
        {
            if (prepared != 0)
                throw DuckDbFailure.Create(DuckDbNative.Text(DuckDbNative.PrepareError(_statement)), sql, default);
            ParameterBinder.Bind(_statement, parameters, sql);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Makes the call under way fail; from any thread.</summary>
    public void Interrupt()
    {
        if (!_connection.IsClosed)
            DuckDbNative.Interrupt(_connection);
    }

    public void Execute(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var status = DuckDbNative.PendingPreparedStreaming(_statement, out var pending);
        using (pending)
        {
            if (status != 0)
                throw DuckDbFailure.Create(DuckDbNative.Text(DuckDbNative.PendingError(pending)), _sql, cancellationToken);
            status = DuckDbNative.ExecutePending(pending, out _result);
            _hasResult = true;
            if (status != 0)
                throw DuckDbFailure.Create(DuckDbNative.Text(DuckDbNative.ResultError(ref _result)), _sql, cancellationToken);
        }

        _readers = new ColumnReader[DuckDbNative.ColumnCount(ref _result)];
        for (var i = 0; i < _readers.Length; i++)
            _readers[i] = ColumnReader.Create(ref _result, i);
    }

    /// <summary>The next rows, at least <paramref name="atLeast"/> unless the result ends; false when there are none left.</summary>
    public bool TryRead(int atLeast, CancellationToken cancellationToken, [NotNullWhen(true)] out DataFrame? batch)
    {
        var rows = 0;
        while (!_finished && rows < atLeast)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var chunk = DuckDbNative.FetchChunk(_result);
            var count = chunk.IsInvalid ? 0 : checked((int)DuckDbNative.ChunkSize(chunk));
            if (count == 0)
            {
                if (DuckDbNative.Text(DuckDbNative.ResultError(ref _result)) is { Length: > 0 } error)
                    throw DuckDbFailure.Create(error, _sql, cancellationToken);
                _finished = true;
                break;
            }

            for (var i = 0; i < _readers.Length; i++)
                _readers[i].Append(DuckDbNative.ChunkVector(chunk, (ulong)i), count);
            rows += count;
        }

        batch = rows > 0 ? Gathered() : null;
        return batch is not null;
    }

    /// <summary>A frame of the gathered rows; without any, the columns alone.</summary>
    public DataFrame Gathered() => new(_readers.Select(reader => reader.Take()));

    public void Dispose()
    {
        if (_hasResult)
            DuckDbNative.DestroyResult(ref _result);
        _hasResult = false;
        _statement?.Dispose();
        _connection.Dispose();
    }
}
