using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests.Access;

public sealed class AccessTests
{
    private const string Row = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

    public static TheoryData<string, string, int, int, int> Matrix => new()
    {
        // who, header, production, staging (which takes anybody), health
        { "nobody", "", 401, 200, 200 },
        { "the key of production", "X-Api-Key: {production}", 200, 401, 200 },
        { "the key of production as a token", "Authorization: Bearer {production}", 200, 401, 200 },
        { "another key of production", "X-Api-Key: {second}", 200, 401, 200 },
        { "the key of staging", "X-Api-Key: {staging}", 401, 200, 200 },
        { "a made-up key", "X-Api-Key: mlops_x", 401, 401, 200 },
        { "the hash of the key", "X-Api-Key: {hash}", 401, 401, 200 },
        { "an empty key", "X-Api-Key: ", 401, 401, 200 },
        { "two keys", "X-Api-Key: {production}\r\nX-Api-Key: {production}", 401, 401, 200 },
        { "a very long key", "X-Api-Key: {long}", 401, 401, 200 },
        { "another scheme", "Authorization: Basic {production}", 401, 401, 200 },
    };

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Keys_OutsideDevelopment_OpenTheirEnvironmentOnly(string who, string header, int production, int staging, int health)
    {
        var (first, second, third) = (ApiKeys.New(), ApiKeys.New(), ApiKeys.New());
        await using var host = await StartAsync(new()
        {
            ["MlOps:Environments:production:Http:ApiKeys:shop"] = ApiKeys.Hash(first),
            ["MlOps:Environments:production:Http:ApiKeys:web"] = "sha256:" + ApiKeys.Hash(second).ToUpperInvariant(),
            ["MlOps:Environments:staging:Http:ApiKeys:tests"] = ApiKeys.Hash(third),
            ["MlOps:Environments:staging:Http:AllowAnonymous"] = "true",
        });
        header = header.Replace("{production}", first, StringComparison.Ordinal).Replace("{second}", second, StringComparison.Ordinal)
            .Replace("{staging}", third, StringComparison.Ordinal).Replace("{hash}", ApiKeys.Hash(first), StringComparison.Ordinal).Replace("{long}", new string('x', 5000), StringComparison.Ordinal);
        foreach (var (path, expected) in new[]
        {
            ("/v2", production), ("/v2/models/scale", production), ("/v2/repository/index", production), ("/v2/nowhere", production == 200 ? 404 : production),
            ("/environments/staging/v2", staging), ("/v2/health/live", health), ("/environments/staging/v2/health/ready", health),
        })
        {
            var response = await host.Fixture.SendAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{(header.Length > 0 ? header + "\r\n" : "")}\r\n");
            response.Status.Should().Be(expected, "{0} asks for {1}: {2}", who, path, response.Text);
            if (expected == 401)
                response.Headers.Should().ContainKey("WWW-Authenticate");
        }

        var infer = await host.Fixture.SendAsync($"POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\n{(header.Length > 0 ? header + "\r\n" : "")}Content-Length: {Row.Length}\r\n\r\n{Row}");
        infer.Status.Should().Be(production, infer.Text);
    }

    [Fact]
    public async Task Environment_WithoutKeysOutsideDevelopment_IsClosed()
    {
        await using var host = await StartAsync([]);
        var response = await host.Fixture.SendAsync("GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        response.Status.Should().Be(401);
        response.Error.Should().Contain("ApiKeys");
    }

    [Fact]
    public void Hash_OfAKnownText_IsItsSha256() =>
        ApiKeys.Hash("abc").Should().Be("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    [Theory]
    [InlineData("plain-key")]
    [InlineData("ba78")]
    public void Configuration_ThatHoldsAKeyInsteadOfItsHash_IsRefusedWithoutShowingIt(string value)
    {
        var start = () => new HttpFixture(new() { ["MlOps:Environments:production:Http:ApiKeys:shop"] = value }, null);
        start.Should().Throw<InvalidDefinitionException>().WithMessage("*ApiKeys:shop*").Which.Message.Should().NotContain(value);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:5000", true)]
    [InlineData("127.0.0.1:80", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("models.example.com", true)]
    [InlineData("a.b.example.org:443", true)]
    [InlineData("example.org", false)]
    [InlineData("badexample.org", false)]
    [InlineData("models.example.com.evil.net", false)]
    [InlineData("localhost.evil.net", false)]
    [InlineData("127.0.0.1.evil.net", false)]
    [InlineData("", false)]
    public void Host_IsAllowed_WhenItIsListedOrNobodyElsesName(string host, bool allowed) =>
        new HostList(["models.example.com", "*.example.org"], []).AllowsHost(host).Should().Be(allowed);

    [Theory]
    [InlineData("http://localhost:5000", true)]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://localhost:5000", false)]
    [InlineData("http://localhost", false)]
    [InlineData("null", false)]
    public void Origin_IsAllowed_WhenItIsListedOrTheHostItself(string origin, bool allowed) =>
        new HostList([], ["https://app.example.com/"]).AllowsOrigin(origin, "http", "localhost:5000").Should().Be(allowed);

    [Fact]
    public async Task Rate_Exceeded_IsRefusedWithRetryAfterForThisKeyOnly()
    {
        var (busy, calm) = (ApiKeys.New(), ApiKeys.New());
        await using var host = await StartAsync(new()
        {
            ["MlOps:Environments:production:Http:ApiKeys:busy"] = ApiKeys.Hash(busy),
            ["MlOps:Environments:production:Http:ApiKeys:calm"] = ApiKeys.Hash(calm),
            ["MlOps:Environments:production:Http:RequestsPerSecond"] = "0.001",
            ["MlOps:Environments:production:Http:Burst"] = "2",
        });
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 3; i++)
        {
            using var response = await host.Fixture.InferAsync("scale", Row, more: request => request.Headers.Add("X-Api-Key", busy));
            statuses.Add(response.StatusCode);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
                response.Headers.RetryAfter!.Delta.Should().BeGreaterThan(TimeSpan.FromSeconds(100));
        }

        statuses.Should().Equal(HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests);
        (await host.Fixture.InferAsync("scale", Row, more: request => request.Headers.Add("X-Api-Key", calm))).StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public void Environments_WithTheSamePrefix_AreRefused()
    {
        var start = () => new HttpFixture([], options => options.Environments["staging"] = options.Environments["production"] = new HttpEnvironmentOptions { Prefix = "/ml" });
        start.Should().Throw<InvalidDefinitionException>().WithMessage("*/ml/v2*");
    }

    private static async Task<RunningHost> StartAsync(Dictionary<string, string?> settings)
    {
        var fixture = new HttpFixture(settings, null, "Production");
        await fixture.InitializeAsync();
        await fixture.ServeAsync("scale", OnnxModels.Scale(3, 2));
        return new RunningHost(fixture);
    }

    private sealed record RunningHost(HttpFixture Fixture) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Fixture.DisposeAsync();
    }
}
