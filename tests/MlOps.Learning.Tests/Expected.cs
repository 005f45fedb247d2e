using System.Globalization;
using System.Text.Json;

namespace MlOps.Learning.Tests;

/// <summary>Values that other implementations gave; Fixtures/README.md says which.</summary>
internal static class Expected
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures");

    public static JsonElement Root { get; } = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json"))).RootElement;

    public static FeatureMatrix BreastCancer { get; } = ReadBreastCancer();

    public static double[] Numbers(this JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    public static double Number(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static FeatureMatrix ReadBreastCancer()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Folder, "breast_cancer.csv"));
        string[] names = lines[0].Split(',');
        float[][] rows = [.. lines.Skip(1).Select(line => Array.ConvertAll(line.Split(','), cell => float.Parse(cell, CultureInfo.InvariantCulture)))];
        return FeatureMatrix.FromRows(names[..^1], rows.SelectMany(row => row[..^1]).ToArray(), [.. rows.Select(row => row[^1])]);
    }
}
