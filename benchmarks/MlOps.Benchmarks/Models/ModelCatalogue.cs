namespace MlOps.Benchmarks.Models;

/// <summary>The models of the suite: generated ones, and real ones where the set-up has fetched them.</summary>
internal static class ModelCatalogue
{
    /// <summary>Names a folder with real ONNX files, instead of <c>.deps/models</c>.</summary>
    public const string FolderVariable = "MLOPS_MODELS";

    private static readonly (string Name, string File, (string, int)[] Dimensions, (string, double)[] Constants)[] RealModels =
    [
        ("silero-vad", "silero_vad_v5.onnx", [("input:1", 512)], [("sr", 16_000)]),
        ("ocr-det", "ch_PP-OCRv4_det_infer.onnx", [("x:2", 320), ("x:3", 320)], []),
        ("ocr-rec", "ch_PP-OCRv4_rec_infer.onnx", [("x:3", 320)], []),
        ("ocr-cls", "ch_ppocr_mobile_v2.0_cls_infer.onnx", [("x:2", 48), ("x:3", 192)], []),
        ("wake-mel", "melspectrogram.onnx", [("input:1", 1280)], []),
        ("wake-embedding", "embedding_model.onnx", [], []),
        ("wake-jarvis", "hey_jarvis_v0.1.onnx", [], []),
        ("wake-alexa", "alexa_v0.1.onnx", [], []),
    ];

    public static IReadOnlyList<CatalogueModel> Generated { get; } =
    [
        new("mlp", Real: false, () => GeneratedModels.Mlp(32, 64, 64, 1)),
        new("mlp-7mb", Real: false, () => GeneratedModels.Mlp(256, 1024, 1024, 512, 1)),
        new("trees", Real: false, () => GeneratedModels.Trees(trees: 500, depth: 6, features: 32)),
        new("cnn-small", Real: false, GeneratedModels.SmallCnn),
        new("conv1d", Real: false, GeneratedModels.Convolution1D),
        new("bert-mini", Real: false, () => GeneratedModels.Bert(layers: 4, hidden: 256, heads: 4)) { Dimensions = new Dictionary<string, int> { ["tokens"] = 64 } },
        new("minilm", Real: false, () => GeneratedModels.Bert(layers: 6, hidden: 384, heads: 12)) { Dimensions = new Dictionary<string, int> { ["tokens"] = 64 } },
        new("resnet50", Real: false, () => GeneratedModels.ResNet50()),
    ];

    public static IReadOnlyList<CatalogueModel> Real { get; } = FindReal();

    public static IReadOnlyList<CatalogueModel> All { get; } = [.. Generated, .. Real];

    public static CatalogueModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.OrdinalIgnoreCase));

    private static List<CatalogueModel> FindReal()
    {
        var found = new List<CatalogueModel>();
        if (FindFolder() is not { } folder)
            return found;
        var files = Directory.EnumerateFiles(folder, "*.onnx", SearchOption.AllDirectories)
            .GroupBy(path => Path.GetFileName(path), StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Order(StringComparer.Ordinal).First(), StringComparer.Ordinal);
        foreach (var (name, file, dimensions, constants) in RealModels)
        {
            if (files.TryGetValue(file, out string? path))
            {
                found.Add(new CatalogueModel(name, Real: true, () => File.ReadAllBytes(path))
                {
                    Dimensions = dimensions.ToDictionary(pair => pair.Item1, pair => pair.Item2),
                    Constants = constants.ToDictionary(pair => pair.Item1, pair => pair.Item2),
                });
            }
        }

        return found;
    }

    private static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named)
            return Directory.Exists(named) ? named : throw new InvalidOperationException($"{FolderVariable} names the folder '{named}', which is not there.");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string models = Path.Combine(folder.FullName, ".deps", "models");
            if (Directory.Exists(models))
                return models;
        }

        return null;
    }
}
