using System.Text;
using MlOps.DuckDb.Native;

namespace MlOps.DuckDb.Reading;

/// <summary>Binds values to a statement's placeholders: $name by name, ? and $1 by number.</summary>
internal static class ParameterBinder
{
    public static void Bind(StatementHandle statement, IReadOnlyDictionary<string, object?>? parameters, string sql)
    {
        var count = DuckDbNative.ParameterCount(statement);
        var used = 0;
        for (ulong index = 1; index <= count; index++)
        {
            var name = DuckDbNative.TakeText(DuckDbNative.ParameterName(statement, index)) ?? "";
            if (parameters is null || !parameters.TryGetValue(name, out var value))
                throw new InvalidInputException($"The query asks for parameter '{name}', which was not given. {NearestNames.Describe(name, parameters?.Keys ?? Enumerable.Empty<string>())} The query: {sql}");
            used++;
            if (BindOne(statement, index, name, value) != 0)
                throw new InvalidInputException($"Parameter '{name}' could not be bound: {DuckDbNative.Text(DuckDbNative.PrepareError(statement))}");
        }

        if (parameters is null || used == parameters.Count)
            return;
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (ulong index = 1; index <= count; index++)
            known.Add(DuckDbNative.TakeText(DuckDbNative.ParameterName(statement, index)) ?? "");
        var stray = parameters.Keys.First(key => !known.Contains(key));
        throw new InvalidInputException($"Parameter '{stray}' was given, but the query has no ${stray}. {NearestNames.Describe(stray, known)}");
    }

    private static int BindOne(StatementHandle statement, ulong index, string name, object? value) => value switch
    {
        null => DuckDbNative.BindNull(statement, index),
        bool flag => DuckDbNative.BindBoolean(statement, index, flag),
        int number => DuckDbNative.BindInt32(statement, index, number),
        long number => DuckDbNative.BindInt64(statement, index, number),
        float number => DuckDbNative.BindFloat(statement, index, number),
        double number => DuckDbNative.BindDouble(statement, index, number),
        string text => BindText(statement, index, text),
        Timestamp moment => DuckDbNative.BindTimestamp(statement, index, new DuckDbTimestamp(moment.Microseconds)),
        DateTimeOffset moment => DuckDbNative.BindTimestamp(statement, index, new DuckDbTimestamp(Timestamp.From(moment).Microseconds)),
        DateTime moment => DuckDbNative.BindTimestamp(statement, index, new DuckDbTimestamp(Timestamp.From(moment).Microseconds)),
        DateOnly day => DuckDbNative.BindDate(statement, index, new DuckDbDate(day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber)),
        _ => throw new InvalidInputException($"Parameter '{name}' is a {value.GetType().Name}. Pass bool, int, long, float, double, string, Timestamp, DateTimeOffset, DateTime with a zone, DateOnly or null."),
    };

    private static unsafe int BindText(StatementHandle statement, ulong index, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            // A null pointer would mean no text at all.
            byte empty = 0;
            return DuckDbNative.BindVarchar(statement, index, bytes.Length == 0 ? &empty : start, (ulong)bytes.Length);
        }
    }
}
