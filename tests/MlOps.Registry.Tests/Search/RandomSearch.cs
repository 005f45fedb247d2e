using System.Globalization;
using static MlOps.Registry.Tests.SearchWorld;

namespace MlOps.Registry.Tests;

/// <summary>
/// Filters and orders made up at random: the text, and beside it, written without a look at the engine, what it means for a run.
/// A comparison of a key that the run lacks is false; NaN satisfies no comparison; NOT is the complement.
/// </summary>
internal sealed class RandomSearch(Random random)
{
    public (string Text, Func<Run, bool> Matches) Filter(int depth = 3)
    {
        switch (depth == 0 ? 9 : random.Next(10))
        {
            case 0 or 1:
                var ands = Enumerable.Range(0, random.Next(2, 4)).Select(_ => Filter(depth - 1)).ToArray();
                return (string.Join(Case(" and "), ands.Select(part => $"({part.Text})")), run => ands.All(part => part.Matches(run)));
            case 2 or 3:
                var ors = Enumerable.Range(0, random.Next(2, 4)).Select(_ => Filter(depth - 1)).ToArray();
                return (string.Join(Case(" or "), ors.Select(part => $"({part.Text})")), run => ors.Any(part => part.Matches(run)));
            case 4:
                // AND binds closer than OR, NOT closer than AND.
                var (a, b, c) = (Leaf(), Leaf(), Leaf());
                return ($"{a.Text} or not {b.Text} and {c.Text}", run => a.Matches(run) || (!b.Matches(run) && c.Matches(run)));
            case 5:
                var inner = Filter(depth - 1);
                return ($"{Case("not")} ({inner.Text})", run => !inner.Matches(run));
            default:
                return Leaf();
        }
    }

    public (string Text, Comparison<Run> Compare) Order()
    {
        var parts = new List<(string Name, string Text, Comparison<Run> Compare)>();
        for (var i = random.Next(4); i > 0; i--)
        {
            var key = OrderKey();
            if (parts.TrueForAll(part => part.Name != key.Name))
                parts.Add(key);
        }

        return (string.Join(", ", parts.Select(part => part.Text)), (x, y) =>
        {
            foreach (var part in parts)
            {
                if (part.Compare(x, y) is var order and not 0)
                    return order;
            }

            return y.Start != x.Start ? y.Start.CompareTo(x.Start) : string.CompareOrdinal(x.Id, y.Id);
        });
    }

    public static bool Like(string text, string pattern, bool ignoreCase)
    {
        // By dynamic programming, where the engine's database backtracks.
        var reached = new bool[text.Length + 1];
        reached[0] = true;
        foreach (var p in pattern)
        {
            var next = new bool[text.Length + 1];
            for (var i = 0; i <= text.Length; i++)
            {
                if (p == '%')
                    next[i] = reached[i] || (i > 0 && next[i - 1]);
                else if (i > 0)
                    next[i] = reached[i - 1] && (p == '_' || p == text[i - 1] || (ignoreCase && char.IsAscii(p) && char.ToLowerInvariant(p) == char.ToLowerInvariant(text[i - 1])));
            }

            reached = next;
        }

        return reached[^1];
    }

    private (string Text, Func<Run, bool> Matches) Leaf() => random.Next(9) switch
    {
        0 or 1 or 2 => MetricLeaf(),
        3 or 4 or 5 => TextLeaf(),
        6 => TimeLeaf(),
        7 => NullLeaf(),
        _ => InputLeaf(),
    };

    private (string Text, Func<Run, bool> Matches) MetricLeaf()
    {
        var metric = Pick(random, Metrics);
        var name = Pick(random, ["metrics", "metric", "Metrics"]) + "." + (metric.Contains(' ') || random.Next(3) == 0 ? Pick(random, [$"`{metric}`", $"\"{metric}\""]) : metric);
        var (low, high) = (Number(), Number());
        Func<Run, Func<double, bool>, bool> has = (run, test) => run.Metrics.TryGetValue(metric, out var value) && !double.IsNaN(value) && test(value);
        switch (random.Next(8))
        {
            case 0:
                return ($"{name} {Case("between")} {Shown(low)} {Case("and")} {Shown(high)}", run => has(run, value => value >= low && value <= high));
            case 1:
                return ($"{name} {Case("not between")} {Shown(low)} and {Shown(high)}", run => has(run, value => value < low || value > high));
            case 2:
                return ($"{name} {Case("in")} ({Shown(low)}, {Shown(high)})", run => has(run, value => value == low || value == high));
            default:
                var symbol = Pick(random, ["=", "!=", "<", "<=", ">", ">=", "<>"]);
                var space = Pick(random, ["", " "]);
                return ($"{name}{space}{symbol}{space}{Shown(low)}", run => has(run, value => symbol switch
                {
                    "=" => value == low,
                    "<" => value < low,
                    "<=" => value <= low,
                    ">" => value > low,
                    ">=" => value >= low,
                    _ => value != low,
                }));
        }
    }

    private (string Text, Func<Run, bool> Matches) TextLeaf()
    {
        var (name, read) = TextField();
        var value = name is "status" ? Pick(random, ["Completed", "Failed"]) : name is "user" ? "user1" : name is "experiment" ? "experiment1" : Pick(random, Texts);
        var other = name is "status" ? "Cancelled" : Pick(random, Texts);
        switch (random.Next(6))
        {
            case 0:
                return ($"{name} = {Quoted(value)}", run => read(run) == value);
            case 1:
                return ($"{name} != {Quoted(value)}", run => read(run) is { } text && text != value);
            case 2:
                return ($"{name} {Case("in")} ({Quoted(value)}, {Quoted(other)})", run => read(run) is { } text && (text == value || text == other));
            case 3:
                return ($"{name} {Case("not in")} ({Quoted(value)}, {Quoted(other)})", run => read(run) is { } text && text != value && text != other);
            default:
                var ignore = random.Next(2) == 0;
                var not = random.Next(3) == 0;
                var pattern = Pick(random, [value, "%" + value, value + "%", "%", "_%", "a%", "%a%", "A_s", "%s", "%[%", "%*", "?", "%%", "a\\_b", "%Ë"]);
                return ($"{name}{(not ? " not" : "")} {(ignore ? Case("ilike") : Case("like"))} {Quoted(pattern)}", run => read(run) is { } text && Like(text, pattern, ignore) != not);
        }
    }

    private (string Text, Func<Run, bool> Matches) TimeLeaf()
    {
        var at = 1_000_000_000_000_000 + (random.Next(-2, 20) * 3_600_000_000L);
        var text = random.Next(3) switch
        {
            0 => (at / 1000).ToString(CultureInfo.InvariantCulture),
            1 => $"'{new Timestamp(at)}'",
            _ => Moment(at),
        };
        return random.Next(3) switch
        {
            0 => ($"start_time >= {text}", run => run.Start >= at),
            1 => ($"attributes.end_time < {text}", run => run.End < at),
            _ => ("duration >= 3600", run => run.End - run.Start >= 3_600_000_000),
        };
    }

    // The tests' clock stands at 2001-09-09T00:00:00Z, before these moments.
    private static string Moment(long at)
    {
        var seconds = (at - SearchTests.Now.Microseconds) / 1_000_000;
        return $"now {(seconds < 0 ? "-" : "+")} {Math.Abs(seconds)}s";
    }

    private (string Text, Func<Run, bool> Matches) NullLeaf()
    {
        var not = random.Next(2) == 0;
        var (name, missing) = random.Next(3) switch
        {
            0 => Pick(random, Metrics) is var metric ? ($"metrics.`{metric}`", (Func<Run, bool>)(run => !run.Metrics.ContainsKey(metric))) : default,
            1 => TextField() is var (field, read) ? (field, run => read(run) is null) : default,
            _ => ("end_time", run => run.End is null),
        };
        return ($"{name} is {(not ? "NOT null" : "Null")}", run => missing(run) != not);
    }

    private (string Text, Func<Run, bool> Matches) InputLeaf() => random.Next(4) switch
    {
        0 => ("dataset.name = 'data1'", run => run.Inputs.Any(input => input.Name == "data1")),
        1 => ("datasets.digest IN ('digest1', 'digest2')", run => run.Inputs.Any(input => input.Digest is "digest1" or "digest2")),
        2 => ("dataset.context != 'training'", run => run.Inputs.Any(input => input.Role != "training")),
        _ => ("dataset.role is null", run => run.Inputs.Length == 0),
    };

    private (string Name, Func<Run, string?> Read) TextField()
    {
        var key = Pick(random, Keys);
        var shown = key.Contains(' ') ? $"`{key}`" : key;
        return random.Next(9) switch
        {
            0 or 1 or 2 => ($"{Pick(random, ["tags", "tag"])}.{shown}", run => run.Tags.GetValueOrDefault(key)),
            3 or 4 => ($"{Pick(random, ["params", "param", "parameter", "parameters"])}.{shown}", run => run.Parameters.GetValueOrDefault(key)),
            5 => ("run_name", run => run.Name),
            6 => ("status", run => run.Status),
            7 => ("experiment", run => run.Experiment),
            _ => ("parent", run => run.Parent),
        };
    }

    private (string Name, string Text, Comparison<Run> Compare) OrderKey()
    {
        var descending = random.Next(2) == 0;
        var direction = descending ? Case(" desc") : Pick(random, ["", Case(" asc")]);
        var sign = descending ? -1 : 1;
        if (random.Next(2) == 0)
        {
            var metric = Pick(random, Metrics);
            return (metric, $"metrics.`{metric}`{direction}", (x, y) =>
            {
                var (a, b) = (Rank(x), Rank(y));
                return a != b ? a - b : a > 0 ? 0 : sign * x.Metrics[metric].CompareTo(y.Metrics[metric]);

                int Rank(Run run) => !run.Metrics.TryGetValue(metric, out var value) ? 2 : double.IsNaN(value) ? 1 : 0;
            });
        }

        var (name, read) = random.Next(4) == 0 ? ("end_time", run => run.End?.ToString("d20", CultureInfo.InvariantCulture)) : TextField();
        return (name.Split('.')[0].TrimEnd('s').Replace("parameter", "param", StringComparison.Ordinal) + name[(name.IndexOf('.') + 1)..], $"{name}{direction}", (x, y) =>
        {
            var (a, b) = (read(x), read(y));
            return a is null || b is null ? (a is null).CompareTo(b is null) : sign * string.CompareOrdinal(a, b);
        });
    }

    private double Number() => Pick(random, [0, 0.5, 0.8, -1, 2.5, 1e300, -0.25, 3]);

    private static string Shown(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private string Quoted(string text) => random.Next(4) == 0 ? $"\"{text.Replace("\"", "\"\"")}\"" : $"'{text.Replace("'", "''")}'";

    private string Case(string keyword) => random.Next(2) == 0 ? keyword : keyword.ToUpperInvariant();
}
