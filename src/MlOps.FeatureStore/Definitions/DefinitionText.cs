using System.Globalization;
using System.Text;

namespace MlOps.Features;

/// <summary>Definitions as text, one fact a line, so that hashes are stable and differences can be named.</summary>
internal static class DefinitionText
{
    public static string Of(FeatureView view)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"view {view.Name} version {view.Version}\n");
        foreach (var key in view.Keys)
            text.Append(CultureInfo.InvariantCulture, $"key {key.Name} = {key.Column}\n");
        text.Append(CultureInfo.InvariantCulture, $"event time = {view.EventTimeColumn}\n");
        text.Append(CultureInfo.InvariantCulture, $"available at = {view.AvailableAtColumn ?? view.EventTimeColumn}\n");
        if (view.Lag > TimeSpan.Zero)
            text.Append(CultureInfo.InvariantCulture, $"lag {view.Lag.Ticks / 10}us\n");
        if (view.IsUpsert)
            text.Append("upsert\n");
        foreach (var column in view.Derived)
            text.Append(CultureInfo.InvariantCulture, $"derive {column.Name} = {string.Join(", ", column.Inputs)} version {column.Version}\n");
        foreach (var aggregation in view.Aggregations)
        {
            text.Append(CultureInfo.InvariantCulture, $"aggregate {aggregation.Name} = {aggregation.Column} scale {aggregation.Scale}\n");
            foreach (var window in aggregation.Windows)
            {
                foreach (var function in aggregation.Functions)
                    text.Append(CultureInfo.InvariantCulture, $"feature {aggregation.Name} {function} over {Of(window)}{OfType(aggregation.Type)}\n");
            }
        }

        foreach (var last in view.LastValues)
            text.Append(CultureInfo.InvariantCulture, $"last value {last.Name} = {last.Column} ttl {(last.TimeToLive is { } ttl ? ttl.Ticks / 10 + "us" : "none")}{OfType(last.Type)}\n");
        return text.ToString();
    }

    public static string Of(FeatureService service, IReadOnlyDictionary<string, FeatureView> views)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"service {service.Name} version {service.Version}\n");
        foreach (var use in service.Views)
        {
            text.Append(CultureInfo.InvariantCulture, $"use {use.View} as {use.Alias} definition {views[use.View].Hash}\n");
            foreach (var (key, column) in use.Keys.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"key {use.Alias}.{key} = {column}\n");
            foreach (var feature in use.Features ?? views[use.View].FeatureNames)
                text.Append(CultureInfo.InvariantCulture, $"feature {use.Alias}_{feature}\n");
        }

        foreach (var input in service.RequestInputs)
            text.Append(CultureInfo.InvariantCulture, $"request {input.Name} {input.Type}\n");
        foreach (var computed in service.Computed)
            text.Append(CultureInfo.InvariantCulture, $"compute {computed.Name} {computed.Type} of {string.Join(", ", computed.Inputs)} version {computed.Version}\n");
        foreach (var hidden in service.HiddenFeatures)
            text.Append(CultureInfo.InvariantCulture, $"hide {hidden}\n");
        return text.ToString();
    }

    private static string Of(FeatureWindow window) => window.Kind switch
    {
        FeatureWindowKind.Lifetime => "lifetime",
        FeatureWindowKind.Tumbling => string.Create(CultureInfo.InvariantCulture, $"{window.Length.Ticks / 10}us tumbling"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{window.Length.Ticks / 10}us hop {window.Hop.Ticks / 10}us"),
    };

    private static string OfType(DataType type) => type == DataType.Float32 ? "" : $" as {type}";

    /// <summary>What differs between two definitions, for messages.</summary>
    public static string Difference(string stored, string wanted)
    {
        var (gone, fresh) = Lines(stored, wanted);
        var changes = gone.Select(line => $"gone: '{line}'").Concat(fresh.Select(line => $"new: '{line}'")).ToArray();
        return changes.Length == 0 ? "the order of its parts" : string.Join(", ", changes.Take(8)) + (changes.Length > 8 ? $" and {changes.Length - 8} more" : "");
    }

    /// <summary>The lines that only one of two definitions has.</summary>
    public static (string[] Gone, string[] New) Lines(string stored, string wanted)
    {
        var before = stored.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var after = wanted.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return ([.. before.Except(after, StringComparer.Ordinal)], [.. after.Except(before, StringComparer.Ordinal)]);
    }

    public static string CheckName(string what, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > 100 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') || !char.IsAsciiLetter(name[0]))
            throw new InvalidDefinitionException($"The {what} name '{name}' is not allowed: use 1 to 100 letters, digits, '_' and '-', beginning with a letter.");
        return name;
    }
}
