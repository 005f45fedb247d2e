using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MlOps.Serving;
using MlOps.Serving.Tests;

namespace MlOps.AspNetCore.Tests.Routing;

/// <summary>The paths and schemas of the protocol's OpenAPI file (kserve/open-inference-protocol, open_inference_rest.yaml), one after the other.</summary>
public sealed class ProtocolTests(ServedModelsFixture fixture) : IClassFixture<ServedModelsFixture>
{
    private const string Row = """{"id":"42","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2.5]}]}""";

    private HttpFixture Http => fixture.Http;

    [Fact]
    public async Task Live_Asked_IsTwoHundredAndTrue() => (await GetAsync("/v2/health/live")).GetProperty("live").GetBoolean().Should().BeTrue();

    [Fact]
    public async Task Ready_EverythingWarm_IsTwoHundredAndTrue() => (await GetAsync("/v2/health/ready")).GetProperty("ready").GetBoolean().Should().BeTrue();

    [Theory]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    public async Task Server_Asked_SaysNameVersionAndExtensions(string path)
    {
        var server = await GetAsync(path);
        server.GetProperty("name").GetString().Should().NotBeNullOrEmpty();
        server.GetProperty("version").GetString().Should().NotBeNullOrEmpty();
        server.GetProperty("extensions").EnumerateArray().Select(e => e.GetString()).Should().Contain("binary_tensor_data");
    }

    [Theory]
    [InlineData("/v2/models/scale")]
    [InlineData("/v2/models/scale/versions/1")]
    public async Task Model_Asked_DescribesItsTensors(string path)
    {
        var model = await GetAsync(path);
        model.GetProperty("name").GetString().Should().Be("scale");
        model.GetProperty("platform").GetString().Should().NotBeNullOrEmpty();
        model.GetProperty("versions").EnumerateArray().Select(e => e.GetString()).Should().Equal("1");
        var input = model.GetProperty("inputs").EnumerateArray().Single();
        (input.GetProperty("name").GetString(), input.GetProperty("datatype").GetString()).Should().Be(("input", "FP32"));
        input.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).Should().Equal(-1, 2);
        model.GetProperty("outputs").EnumerateArray().Single().GetProperty("name").GetString().Should().Be("output");
    }

    [Theory]
    [InlineData("/v2/models/scale/ready")]
    [InlineData("/v2/models/scale/versions/1/ready")]
    public async Task ModelReady_Warm_IsTwoHundred(string path) => (await GetAsync(path)).GetProperty("ready").GetBoolean().Should().BeTrue();

    [Theory]
    [InlineData("GET", "/v2/models/unknown", 404)]
    [InlineData("GET", "/v2/models/scale/versions/99", 404)]
    [InlineData("GET", "/v2/models/scale/versions/0", 404)]
    [InlineData("GET", "/v2/models/scale/versions/latest", 404)]
    [InlineData("GET", "/v2/models/unknown/ready", 404)]
    [InlineData("GET", "/v2/models/scale/versions/99/ready", 404)]
    [InlineData("GET", "/v2/elsewhere", 404)]
    [InlineData("GET", "/v2/models", 404)]
    [InlineData("GET", "/v2/models/scale/infer", 405)]
    [InlineData("DELETE", "/v2/models/scale", 405)]
    [InlineData("PUT", "/v2", 405)]
    [InlineData("GET", "/v2/models/..%2f..%2fetc%2fpasswd", 404)]
    [InlineData("GET", "/v2/models/%252e%252e%252f", 404)]
    [InlineData("GET", "/v2/models/..%5c..%5c", 404)]
    [InlineData("GET", "/v2//etc/passwd", 404)]
    [InlineData("GET", "/environments/nowhere/v2", 404)]
    public async Task Address_WithNothingBehindIt_IsAnError(string method, string path, int status)
    {
        var response = await Http.SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        response.Status.Should().Be(status);
        if (!path.StartsWith("/environments", StringComparison.Ordinal))
            response.Error.Should().NotBeNullOrEmpty().And.NotContain("passwd");
    }

    [Theory]
    [InlineData("scale")]
    [InlineData("scale/versions/1")]
    public async Task Infer_Row_AnswersWithIdVersionAndVariant(string model)
    {
        using var response = await Http.InferAsync(model, Row, more: request => request.Headers.Add("X-Request-Id", "abc"));
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/json");
        response.Headers.GetValues("X-Model-Version").Should().Equal("1");
        response.Headers.GetValues("X-Model-Variant").Should().Equal("stable");
        response.Headers.GetValues("X-Request-Id").Should().Equal("abc");
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        answer.GetProperty("model_name").GetString().Should().Be("scale");
        answer.GetProperty("model_version").GetString().Should().Be("1");
        answer.GetProperty("id").GetString().Should().Be("42");
        answer.GetProperty("parameters").GetProperty("variant").GetString().Should().Be("stable");
        answer.GetProperty("parameters").GetProperty("prediction_id").GetString().Should().MatchRegex("^[0-9a-f]{32}$");
        var output = answer.GetProperty("outputs").EnumerateArray().Single();
        (output.GetProperty("name").GetString(), output.GetProperty("datatype").GetString()).Should().Be(("output", "FP32"));
        output.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).Should().Equal(1, 2);
        output.GetProperty("data").EnumerateArray().Select(e => e.GetSingle()).Should().Equal(3f, 7.5f);
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4]]}]}""")]
    [InlineData("""{"inputs":[{"data":[1,2,3,4],"datatype":"FP32","shape":[2,2],"name":"input"}],"unknown":{"a":[null,true]}}""")]
    [InlineData(" { \"inputs\" : [ { \"name\" : \"\\u0069nput\" , \"shape\" : [ 2 , 2 ] , \"datatype\" : \"FP32\" , \"data\" : [ 1.0 , 2e0 , 0.3E+1 , 40E-1 ] } ] , \"outputs\" : [ ] } \r\n\t")]
    public async Task Infer_SeveralRows_AnswersWhicheverWayTheyAreWritten(string json)
    {
        using var response = await Http.InferAsync("scale", json);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        var output = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outputs")[0];
        output.GetProperty("data").EnumerateArray().Select(e => e.GetSingle()).Should().Equal(3, 6, 9, 12);
    }

    [Fact]
    public async Task Infer_SeveralTensors_AnswersInTheOrderAskedFor()
    {
        using var response = await Http.InferAsync("pair", """
            {"inputs":[{"name":"b","shape":[2],"datatype":"INT64","data":[-9223372036854775808,9223372036854775807]},
                       {"name":"a","shape":[0],"datatype":"FP32","data":[]}],
             "outputs":[{"name":"second"},{"name":"first"}]}
            """);
        var outputs = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outputs");
        outputs[0].GetProperty("data").EnumerateArray().Select(e => e.GetInt64()).Should().Equal(long.MinValue, long.MaxValue);
        outputs[1].GetProperty("shape")[0].GetInt32().Should().Be(0);
        outputs[1].GetProperty("name").GetString().Should().Be("first");
    }

    [Theory]
    [InlineData(TensorType.Bool, "[true,false]")]
    [InlineData(TensorType.Int8, "[-128,127]")]
    [InlineData(TensorType.Int16, "[-32768,32767]")]
    [InlineData(TensorType.Int32, "[-2147483648,2147483647]")]
    [InlineData(TensorType.Int64, "[-9223372036854775808,9223372036854775807]")]
    [InlineData(TensorType.UInt8, "[0,255]")]
    [InlineData(TensorType.UInt16, "[0,65535]")]
    [InlineData(TensorType.UInt32, "[0,4294967295]")]
    [InlineData(TensorType.UInt64, "[0,18446744073709551615]")]
    [InlineData(TensorType.Float16, "[0.5,-65504]")]
    [InlineData(TensorType.Float, "[0.1,-3.4028235E+38]")]
    [InlineData(TensorType.Double, "[0.1,-1.7976931348623157E+308]")]
    [InlineData(TensorType.String, "[\"h\u00e9 \\\"\",\"\"]")]
    public async Task Infer_EveryDatatype_ComesBackAsItWent(TensorType type, string data)
    {
        var model = $"identity-{type}";
        using var response = await Http.InferAsync(
            model, $$"""{"inputs":[{"name":"input","shape":[1,2],"datatype":"{{DataTypes.NameOf(type)}}","data":{{data}}}]}""");
        response.StatusCode.Should().Be(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var output = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outputs")[0];
        output.GetProperty("datatype").GetString().Should().Be(DataTypes.NameOf(type));
        output.GetProperty("data").ToString().Should().Be(JsonDocument.Parse(data).RootElement.ToString());
    }

    [Fact]
    public async Task Infer_StagingAndProduction_AreServedApart()
    {
        using var staging = await Http.InferAsync("scale", Row, prefix: "/environments/staging");
        (await staging.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outputs")[0].GetProperty("data")[0].GetSingle().Should().Be(5);
        using var unknown = await Http.InferAsync("pair", Row, prefix: "/environments/staging");
        unknown.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Infer_VersionBesideTheTraffic_IsAnswered()
    {
        using var response = await Http.InferAsync("scale/versions/2", Row);
        response.Headers.GetValues("X-Model-Version").Should().Equal("2");
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outputs")[0].GetProperty("data")[0].GetSingle().Should().Be(10);
    }

    [Fact]
    public async Task Index_Asked_ListsWhatServes()
    {
        var index = await GetAsync("/v2/repository/index");
        index.EnumerateArray().Should().Contain(e => e.GetProperty("name").GetString() == "scale" && e.GetProperty("state").GetString() == "READY");
        using var response = await Http.Client.PostAsync("/v2/repository/index", new StringContent("{}", Encoding.UTF8, "application/json"));
        response.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Infer_TrafficToAVersionOfAnotherForm_IsFollowed()
    {
        await Http.ServeAsync("changing", OnnxModels.Scale(2, 2));
        (await Http.InferAsync("changing", Row)).StatusCode.Should().Be(HttpStatusCode.OK);
        await Http.ServeAsync("changing", OnnxModels.Mlp(1, 3, 4));
        // The plan is looked at anew when a request does not fit, at most every 50 milliseconds.
        HttpStatusCode status;
        var began = Environment.TickCount64;
        do
        {
            using var response = await Http.InferAsync("changing", """{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""");
            status = response.StatusCode;
        }
        while (status != HttpStatusCode.OK && Environment.TickCount64 - began < 10_000);
        status.Should().Be(HttpStatusCode.OK);
        (await Http.InferAsync("changing", Row)).StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Infer_StickyKey_StaysOnItsVariant()
    {
        var versions = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            using var response = await Http.InferAsync("split", Row, more: request => request.Headers.Add("X-Sticky-Key", $"customer {i % 5}"));
            versions.Add(response.Headers.GetValues("X-Model-Variant").Single());
        }

        for (var i = 5; i < 20; i++)
            versions[i].Should().Be(versions[i % 5]);
    }

    [Fact]
    public void EveryRoute_HasAPolicy()
    {
        var routes = Http.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.RoutePattern.RawText!.Contains("/v2", StringComparison.Ordinal)).ToArray();
        routes.Should().HaveCount(2 * 11);
        routes.Should().OnlyContain(route => route.Metadata.GetMetadata<MlOpsRouteMetadata>() != null);
        routes.Where(route => route.Metadata.GetMetadata<MlOpsRouteMetadata>()!.Policy == AccessPolicy.Public)
            .Should().OnlyContain(route => route.RoutePattern.RawText!.Contains("/v2/health/", StringComparison.Ordinal));
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Http.Client.GetAsync(path);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/json");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
