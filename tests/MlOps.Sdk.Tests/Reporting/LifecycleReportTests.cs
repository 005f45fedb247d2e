using System.Xml.Linq;
using MlOps.Orchestration;
using MlOps.Registry;
using MlOps.Testing;

namespace MlOps.Hosting;

public sealed class LifecycleReportTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Report_OfEmptyEnvironments_IsAPageThatSaysSo()
    {
        await using var host = await TestHost.StartAsync(_directory.Path, configure: mlops => mlops.AddEnvironment("staging").AddEnvironment("production"));

        var html = (await host.Environments.CreateReportAsync("churn")).ToHtml();

        html.Should().StartWith("<!DOCTYPE html>").And.ContainAll("Model churn", "0 versions", "no champion", "fits the hash chain").And.NotContain("http-equiv").And.NotContain("<script src");
        Balanced(html);
    }

    [Fact]
    public async Task Report_OfALife_ShowsVersionsRunsCurvesPromotionsAndTraffic()
    {
        await using var host = await TestHost.StartAsync(_directory.Path,
            [("Environments:staging:PromotesFrom", "sandbox"), ("Environments:staging:Gates:auc:Min", "0.5"), ("Environments:sandbox:Approvals", "0")],
            mlops => mlops.AddPipeline<EmptyPipeline>());
        var version = await SyntheticModel.RegisterAsync(host["sandbox"]);
        await host["sandbox"].Pipelines.RunAsync<EmptyPipeline, int>(1, new() { Reason = "<b>because</b>" });
        var promotion = await host["sandbox"].PromoteAsync(version, "staging", new() { Reason = "ready & able" });
        promotion.State.Should().Be(PromotionState.Completed);

        var html = (await host.Environments.CreateReportAsync("churn", new LifecycleReportOptions
        {
            Subtitle = "<script>alert(1)</script>",
            Facts = [new("rows <&>", "1")],
            LatenciesMs = new Dictionary<string, IReadOnlyList<double>> { ["part \"1\""] = [1, 2, 3, 50], ["empty"] = [] },
            QualityWindows = [(Timestamp.Utc(2001, 1, 1), Timestamp.Utc(2001, 2, 1))],
        })).ToHtml();

        html.Should().ContainAll("ROC curve", "Calibration", "Pipeline empty", "CopyModel of sandbox/churn", "all eight kinds", "Traffic in staging", "Latency of single predictions", "logistic-regression");
        html.Should().ContainAll("&lt;script&gt;alert(1)", "&lt;b&gt;because", "rows &lt;&amp;&gt;").And.NotContain("<script>alert").And.NotContain("<b>because");
        Balanced(html);
    }

    // Every drawing of the page is XML of its own.
    private static void Balanced(string html)
    {
        for (var at = html.IndexOf("<svg", StringComparison.Ordinal); at >= 0; at = html.IndexOf("<svg", at + 1, StringComparison.Ordinal))
            XElement.Parse(html[at..(html.IndexOf("</svg>", at, StringComparison.Ordinal) + 6)]);
        foreach (var tag in new[] { "section", "table", "figure", "div", "tr", "td", "th" })
            System.Text.RegularExpressions.Regex.Count(html, $"<{tag}[ >]").Should().Be(System.Text.RegularExpressions.Regex.Count(html, $"</{tag}>"), tag);
    }
}
