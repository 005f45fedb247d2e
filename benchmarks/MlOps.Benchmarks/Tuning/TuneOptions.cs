using System.Globalization;
using MlOps.Benchmarks.Models;
using MlOps.Serving;

namespace MlOps.Benchmarks.Tuning;

/// <summary>The command line of <c>tune</c>.</summary>
internal sealed record TuneOptions(IReadOnlyList<CatalogueModel> Models)
{
    public TimeSpan? TargetLatency { get; init; }

    public double? Rate { get; init; }

    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(15);

    public TuningGoal Goal { get; init; }

    public string Environment { get; init; } = "production";

    public string? Out { get; init; }

    public static TuneOptions? Parse(string[] args, out string? mistake)
    {
        mistake = null;
        string? name = null;
        var dimensions = new Dictionary<string, int>();
        var constants = new Dictionary<string, double>();
        var options = new TuneOptions([]);
        for (int i = 0; i < args.Length && mistake is null; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                mistake = name is null ? null : $"'{args[i]}' is one model too many.";
                name ??= args[i];
                continue;
            }

            string option = args[i];
            string value = ++i < args.Length ? args[i] : "";
            bool number = double.TryParse(value, CultureInfo.InvariantCulture, out double parsed) && parsed > 0;
            string[] pair = value.Split('=', 2);
            switch (option)
            {
                case "--target-p99" when number:
                    options = options with { TargetLatency = TimeSpan.FromMilliseconds(parsed) };
                    break;
                case "--rate" when number:
                    options = options with { Rate = parsed };
                    break;
                case "--minutes" when number && parsed <= 5:
                    options = options with { Budget = TimeSpan.FromMinutes(parsed) };
                    break;
                case "--goal" when Enum.TryParse<TuningGoal>(value, ignoreCase: true, out var goal):
                    options = options with { Goal = goal };
                    break;
                case "--dimension" when pair.Length == 2 && int.TryParse(pair[1], CultureInfo.InvariantCulture, out int size) && size > 0:
                    dimensions[pair[0]] = size;
                    break;
                case "--constant" when pair.Length == 2 && double.TryParse(pair[1], CultureInfo.InvariantCulture, out double constant):
                    constants[pair[0]] = constant;
                    break;
                case "--environment" when value.Length > 0:
                    options = options with { Environment = value };
                    break;
                case "--out" when value.Length > 0:
                    options = options with { Out = value };
                    break;
                default:
                    mistake = $"{option} does not take '{value}', or is not known. --minutes is at most 5.";
                    break;
            }
        }

        if (mistake is not null)
            return null;
        IReadOnlyList<CatalogueModel> models = name switch
        {
            null => [],
            "all" => ModelCatalogue.All,
            _ when ModelCatalogue.Find(name) is { } known => [known],
            _ when File.Exists(name) => [new CatalogueModel(Path.GetFileNameWithoutExtension(name), Real: true, () => File.ReadAllBytes(name)) { Dimensions = dimensions, Constants = constants }],
            _ => [],
        };
        if (models.Count == 0)
            mistake = name is null ? "tune needs a model." : $"'{name}' is neither a file nor one of {string.Join(", ", ModelCatalogue.All.Select(model => model.Name))}.";
        return mistake is null ? options with { Models = models } : null;
    }
}
