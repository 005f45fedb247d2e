namespace MlOps.Serving.Tests.Admission;

public sealed class OnnxCorpusTests
{
    private const string Corpus = "/usr/share/libonnx-testdata/data";

    [Fact]
    public void Walk_Corpus()
    {
        var refused = new List<string>();
        var proven = 0;
        var files = Directory.EnumerateFiles(Corpus, "*.onnx", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        foreach (var file in files)
        {
            try
            {
                proven += ModelAdmission.Check(File.ReadAllBytes(file), new ModelAdmissionOptions()) ? 1 : 0;
            }
            catch (Exception e)
            {
                refused.Add($"{Path.GetRelativePath(Corpus, file)}: {e.GetType().Name} {e.Message}");
            }
        }

        File.WriteAllLines("/tmp/adm/corpus.txt", [.. refused, $"{files.Count} files, {proven} proven, {refused.Count} refused"]);
    }
}
