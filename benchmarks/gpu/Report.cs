using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MlOps.Benchmarks.Gpu;

/// <summary>The results of a machine, as JSON and as a page.</summary>
internal sealed class Report(string machine, string device, string? reason)
{
    private readonly List<Check> _checks = [];
    private readonly List<(string Model, int Batch, double Bare, double Buffer)> _curve = [];

    public bool Failed => _checks.Exists(check => check.Verdict == "misses");

    public void Add(string name, double value, double? bound, bool atMost, string note)
    {
        var check = new Check(name, value, bound, atMost, note);
        _checks.Add(check);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {value:G5} {(bound is null ? "" : $"({(atMost ? "at most" : "at least")} {bound:G5}: {check.Verdict})")} {note}"));
    }

    public void AddCurve(string model, int batch, double bare, double buffer)
    {
        _curve.Add((model, batch, bare, buffer));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model} batch {batch}: device-bound loop {bare * 1e6:F1} us, batch buffer {buffer * 1e6:F1} us"));
    }

    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var name = Path.Combine(folder, Slug(machine) + (device == "cpu" ? "-cpu-dry-run" : ""));
        using (var stream = File.Create(name + ".json"))
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("machine", machine);
            json.WriteString("device", device);
            json.WriteString("deviceReason", reason);
            json.WriteStartArray("checks");
            foreach (var check in _checks)
            {
                json.WriteStartObject();
                json.WriteString("name", check.Name);
                json.WriteNumber("value", check.Value);
                if (check.Bound is { } bound)
                    json.WriteNumber(check.AtMost ? "atMost" : "atLeast", bound);
                json.WriteString("verdict", check.Verdict);
                json.WriteString("note", check.Note);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("curve");
            foreach (var (model, batch, bare, buffer) in _curve)
            {
                json.WriteStartObject();
                json.WriteString("model", model);
                json.WriteNumber("batch", batch);
                json.WriteNumber("deviceBoundSeconds", bare);
                json.WriteNumber("bufferSeconds", buffer);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var page = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"# {machine}").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Device: {device}{(reason is null ? "" : $" ({reason})")}").AppendLine()
            .AppendLine("| statement | measured | bound | verdict | how |").AppendLine("|---|---|---|---|---|");
        foreach (var check in _checks)
            page.AppendLine(CultureInfo.InvariantCulture, $"| {check.Name} | {check.Value:G5} | {(check.Bound is { } bound ? $"{(check.AtMost ? "≤" : "≥")} {bound:G5}" : "")} | {check.Verdict} | {check.Note} |");
        page.AppendLine().AppendLine("| model | batch | device-bound loop, µs | batch buffer with copies, µs |").AppendLine("|---|---|---|---|");
        foreach (var (model, batch, bare, buffer) in _curve)
            page.AppendLine(CultureInfo.InvariantCulture, $"| {model} | {batch} | {bare * 1e6:F1} | {buffer * 1e6:F1} |");
        File.WriteAllText(name + ".md", page.ToString());
        Console.WriteLine($"Written: {name}.md");
    }

    private static string Slug(string text) => new([.. text.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
}
