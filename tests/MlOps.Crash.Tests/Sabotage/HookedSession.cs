using System.Data.Common;

namespace MlOps.Crash.Tests;

/// <summary>A session whose statements pass a hook first; one that the hook refuses is not run and changes nothing.</summary>
internal sealed class HookedSession(IMetadataSession inner, Func<string, bool> passes) : IMetadataSession
{
    public async ValueTask<int> ExecuteAsync(string sql, params (string Name, object? Value)[] parameters) =>
        passes(sql) ? await inner.ExecuteAsync(sql, parameters) : 0;

    public async ValueTask<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] parameters) =>
        passes(sql) ? await inner.QueryAsync(sql, map, parameters) : [];

    public async ValueTask<long?> ScalarAsync(string sql, params (string Name, object? Value)[] parameters) =>
        passes(sql) ? await inner.ScalarAsync(sql, parameters) : null;
}
