using System.Data.Common;

namespace MlOps.Crash.Tests;

/// <summary>Commits a stream's landed offset in a transaction of its own, a little before the rows that it stands for.</summary>
internal sealed class OffsetFirstMetadata(IMetadataStore inner) : HookedMetadata(inner)
{
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(20);

    public override async ValueTask<T> WriteAsync<T>(Func<IMetadataSession, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken = default)
    {
        var moved = false;
        await Inner.WriteAsync(
            async (session, ct) =>
            {
                var only = new OffsetsOnly(session);
                await write(only, ct);
                moved = only.Moved;
                return 0;
            },
            cancellationToken);
        if (moved)
            await Task.Delay(Before, CancellationToken.None);
        return await Inner.WriteAsync(write, cancellationToken);
    }

    // Other statements are left out, and said to have changed a row.
    private sealed class OffsetsOnly(IMetadataSession inner) : IMetadataSession
    {
        public bool Moved { get; private set; }

        public async ValueTask<int> ExecuteAsync(string sql, params (string Name, object? Value)[] parameters)
        {
            if (!sql.Contains("INTO features_streams", StringComparison.Ordinal))
                return 1;
            Moved = true;
            return await inner.ExecuteAsync(sql, parameters);
        }

        public ValueTask<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters) =>
            inner.QueryAsync(sql, map, parameters);

        public ValueTask<long?> ScalarAsync(string sql, params (string Name, object? Value)[] parameters) => inner.ScalarAsync(sql, parameters);
    }
}
