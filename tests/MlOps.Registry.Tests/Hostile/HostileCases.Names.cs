namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    private static IEnumerable<HostileCase> Names()
    {
        foreach (var (what, name) in new (string, string)[]
        {
            ("empty", ""), ("null", null!), ("parent", ".."), ("climbing", "../churn"), ("climbing backwards", "..\\churn"), ("absolute", "/etc/passwd"), ("drive", "C:\\churn"),
            ("escaped", "%2e%2e%2fchurn"), ("NUL", "churn\0"), ("line feed", "churn\nroot"), ("right to left", "ch\u202Enru"), ("Cyrillic look-alike", "\u0441hurn"),
            ("trailing space", "churn "), ("hidden dots", "a..b"), ("digit first", "1churn"), ("too long", new string('a', 101)), ("10 MB", Megabytes), ("SQL", "x'; DROP TABLE registry_models; --"),
        })
        {
            yield return Drafted<InvalidDefinitionException>($"model name: {what}", "Model name '*' is not allowed: use 1 to 100", draft => draft with { Model = name });
        }

        foreach (var (what, name) in new (string, string)[]
        {
            ("empty", ""), ("null", null!), ("parent", ".."), ("climbing", "../weights"), ("folder", "a/b"), ("backslash", "a\\b"), ("hidden", ".hidden"), ("trailing dot", "weights."),
            ("trailing space", "weights "), ("stream of NTFS", "weights:1"), ("escaped", "%2e%2e"), ("NUL", "w\0"), ("full-width dots", "\uFF0E\uFF0E"), ("too long", new string('a', 201)),
            ("device", "con"), ("device with an ending", "NUL.txt"), ("serial port", "com1.onnx"),
        })
        {
            yield return Drafted<InvalidDefinitionException>($"artifact name: {what}", "Artifact name '*' is not allowed: ", draft => draft with { Artifacts = [draft.Artifacts[0] with { Name = name }] });
        }

        foreach (var (what, alias) in new (string, string)[]
            { ("like a version", "1"), ("capitals", "Champion"), ("climbing", "../x"), ("space", "the best"), ("empty", ""), ("at", "@champion"), ("too long", new string('a', 101)), ("null", null!), ("zero width", "champ\u200Bion") })
        {
            yield return HostileCase.Of<InvalidDefinitionException>($"alias: {what}", "Alias '*' is not allowed: use 1 to 100 lower-case", store => store.Models.SetAliasAsync(store.Version.Ref, alias, "").AsTask());
        }

        foreach (var (what, name) in new (string, string)[] { ("climbing", "../x"), ("folder", "a/b"), ("empty", ""), ("NUL", "x\0"), ("null", null!) })
            yield return HostileCase.Of<InvalidDefinitionException>($"experiment name: {what}", "Experiment name '*' is not allowed", store => store.Experiments.StartRunAsync(name).AsTask());

        foreach (var (what, name) in new (string, string)[]
        {
            ("climbing", "../auc"), ("empty part", "a//b"), ("absolute", "/auc"), ("backslash", "a\\b"), ("drive", "C:auc"), ("NUL", "auc\0"), ("right to left", "\u202Ecua"), ("zero width", "a\u200Buc"),
            ("line separator", "a\u2028uc"), ("byte order mark", "\uFEFFauc"), ("trailing space", "auc "), ("leading space", " auc"), ("too long", new string('a', 251)), ("half a surrogate", "a\uD800"), ("empty", ""),
        })
        {
            yield return Drafted<InvalidInputException>($"metric name: {what}", "Metric name '*' is not allowed", draft => draft with { Metrics = new Dictionary<string, double> { [name] = 1 } });
            yield return Logged<InvalidInputException>($"logged metric name: {what}", "Metric name '*' is not allowed", run => run.LogMetric(name, 1));
        }

        yield return Drafted<InvalidInputException>("tag name: climbing", "Tag name '../x'", draft => draft with { Tags = new Dictionary<string, string> { ["../x"] = "" } });
        yield return Logged<InvalidInputException>("parameter name: climbing", "Parameter name '../x'", run => run.LogParameter("../x", ""));
        yield return Logged<InvalidInputException>("input name: control", "Input name '", run => run.LogInput("a\u0007", "d", "training"));
        yield return Logged<InvalidInputException>("run artifact name: climbing", "Artifact name '../../x'", (_, run) => run.LogArtifactAsync("../../x", new MemoryStream(), "text/plain").AsTask());
        yield return Logged<InvalidInputException>("plot name: climbing", "Plot name '../x'", (_, run) => run.LogPlotAsync("../x", new MlOps.Reporting.LinePlot { Title = "t", X = new("x"), Y = new("y"), Series = [] }).AsTask());
        yield return HostileCase.Of<InvalidDefinitionException>("environment name: 10 MB", "Environment name '*' is not allowed", _ => Task.FromResult(EnvironmentNames.Normalise(Megabytes)));
    }
}
