using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlightDelayServer;
using Microsoft.AspNetCore.Builder;

namespace MlOps.AspNetCore.Tests.Routing;

public sealed class SampleTests
{
    [Fact]
    public async Task FlightDelayServer_Started_ServesStagingAndProduction()
    {
        using var directory = new TemporaryDirectory();
        await using var app = DelayServer.Build(["--environment", "Development", "--urls", "http://127.0.0.1:0", "--directory", directory.Path]);
        await app.StartAsync();
        await DelayServer.ServeAsync(app);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        foreach (var prefix in new[] { "", "/environments/staging" })
        {
            var model = await client.GetFromJsonAsync<JsonElement>($"{prefix}/v2/models/{DelayServer.Model}");
            var input = model.GetProperty("inputs")[0].GetProperty("name").GetString();
            using var response = await client.PostAsJsonAsync(
                $"{prefix}/v2/models/{DelayServer.Model}/infer", new { inputs = new[] { new { name = input, shape = new[] { 1, 3 }, datatype = "FP32", data = new[] { 640, 17, 5 } } } });
            response.StatusCode.Should().Be(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outputs")[0].GetProperty("data")[0].GetSingle().Should().BeInRange(0, 1);
            input.Should().Be("features", "the sample's README says so");
        }

        (await client.GetAsync("/v2/health/ready")).StatusCode.Should().Be(HttpStatusCode.OK);
        (await client.GetAsync("/healthz")).StatusCode.Should().Be(HttpStatusCode.OK);
        await app.StopAsync();
    }
}
