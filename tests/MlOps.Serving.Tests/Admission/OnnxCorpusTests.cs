namespace MlOps.Serving.Tests.Admission;

/// <summary>The models of Debian's libonnx-testdata: what the ONNX project tests its operators with must not be refused.</summary>
public sealed class OnnxCorpusTests
{
    private const string Corpus = OnnxDataFactAttribute.Root;

    // Loops whose number of turns is computed from the values, not from the shapes, of the inputs: whoever sends the request decides how long it runs.
    private static readonly string[] Unbounded =
    [
        "node/test_loop11/model.onnx", "node/test_loop13_seq/model.onnx", "node/test_loop16_seq_none/model.onnx",
        "node/test_range_float_type_positive_delta_expanded/model.onnx", "node/test_range_int32_type_negative_delta_expanded/model.onnx",
    ];

    [OnnxDataFact]
    public async Task Decide_EveryModelOfTheCorpus_PassesUnlessItsLoopsAreUnboundedOrOnnxRuntimeRefusesIt()
    {
        using var folder = new TemporaryDirectory();
        using var sieve = new HostileSieve(folder["."], new ModelAdmissionOptions());
        var wrong = new List<string>();
        var (proven, tried) = (0, 0);
        foreach (var path in Directory.EnumerateFiles(Corpus, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(Corpus, path);
            var file = await File.ReadAllBytesAsync(path);
            var (end, why) = await sieve.DecideAsync(file);
            proven += end == "proven" ? 1 : 0;
            tried += end == "passed" ? 1 : 0;
            if (Unbounded.Contains(name) ? end != "walk" || !why.Contains("turns of the loop") : end == "walk" || (end == "trial" && !why.StartsWith("ONNX Runtime refuses it", StringComparison.Ordinal)))
                wrong.Add($"{name}: {end}, {why}");
            else if (end == "proven" && !HostileSieve.LoadHere(file))
                wrong.Add($"{name}: proven, and refused by ONNX Runtime");
        }

        wrong.Should().BeEmpty();
        proven.Should().BeGreaterThan(100);
        tried.Should().BeGreaterThan(850);
    }
}
