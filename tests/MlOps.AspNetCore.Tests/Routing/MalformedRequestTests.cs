using System.Net;
using System.Text;

namespace MlOps.AspNetCore.Tests.Routing;

/// <summary>Requests that are wrong: each gets the status that fits, says nothing of the inside, and the next request is answered.</summary>
public sealed class MalformedRequestTests(ServedModelsFixture fixture) : IClassFixture<ServedModelsFixture>
{
    private const string Good = """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""";

    /// <summary>Bodies, with the status and a part of the message.</summary>
    public static TheoryData<string, string, int, string> Bodies => new()
    {
        { "empty", "", 400, "ends" },
        { "white space", "   ", 400, "ends" },
        { "no object", "[]", 400, "'{'" },
        { "null", "null", 400, "'{'" },
        { "no inputs", "{}", 400, "no 'inputs'" },
        { "inputs of another kind", """{"inputs":{}}""", 400, "'['" },
        { "empty inputs", """{"inputs":[]}""", 400, "no input" },
        { "two documents", Good + "{}", 400, "the end" },
        { "cut short", Good[..^2], 400, "ends" },
        { "trailing comma", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2,]}]}""", 400, "more" },
        { "trailing comma in a shape", """{"inputs":[{"name":"input","shape":[1,2,],"datatype":"FP32","data":[1,2]}]}""", 400, "a number" },
        { "comment", "/* */" + Good, 400, "'{'" },
        { "single quotes", Good.Replace('"', '\''), 400, "byte 1" },
        { "duplicate member inputs", Good[..^1] + "," + Good[1..], 400, "twice" },
        { "duplicate input", """{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]},{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}""", 400, "twice" },
        { "duplicate input row", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""", 400, "twice" },
        { "duplicate data", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2],"data":[1,2]}]}""", 400, "twice" },
        { "duplicate shape by escape", """{"inputs":[{"name":"input","shape":[1,2],"sh\u0061pe":[1,2],"datatype":"FP32","data":[1,2]}]}""", 400, "twice" },
        { "duplicate parameter", """{"parameters":{"timeout":1,"timeout":2},"inputs":[]}""", 400, "twice" },
        { "duplicate output", Good[..^1] + ""","outputs":[{"name":"output"},{"name":"output"}]}""", 400, "twice" },
        { "unknown input", """{"inputs":[{"name":"inptu","shape":[1,2],"datatype":"FP32","data":[1,2]}]}""", 400, "'input'" },
        { "unknown output", Good[..^1] + ""","outputs":[{"name":"score"}]}""", 400, "'output'" },
        { "unknown datatype", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FLOAT","data":[1,2]}]}""", 400, "FLOAT" },
        { "other datatype", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"INT64","data":[1,2]}]}""", 400, "FP32" },
        { "no name", """{"inputs":[{"shape":[1,2],"datatype":"FP32","data":[1,2]}]}""", 400, "'name'" },
        { "no shape", """{"inputs":[{"name":"input","datatype":"FP32","data":[1,2]}]}""", 400, "'shape'" },
        { "no data", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32"}]}""", 400, "'data'" },
        { "fewer data than the shape", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1]}]}""", 400, "hold 1" },
        { "more data than the shape", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2,3]}]}""", 400, "more" },
        { "fewer data, many rows", """{"inputs":[{"name":"input","shape":[3,2],"datatype":"FP32","data":[1,2,3,4]}]}""", 400, "hold" },
        { "ragged nesting", """{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","data":[[1,2,3],[4]]}]}""", 400, "dimension 2" },
        { "nesting of another rank", """{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","data":[[[1,2],[3,4]]]}]}""", 400, "a number" },
        { "half nested", """{"inputs":[{"name":"input","shape":[2,2],"datatype":"FP32","data":[[1,2],3,4]}]}""", 400, "'['" },
        { "too few lists", """{"inputs":[{"name":"input","shape":[3,2],"datatype":"FP32","data":[[1,2],[3,4]]}]}""", 400, "list of 2" },
        { "another width", """{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]}""", 400, "[-1, 2]" },
        { "another rank", """{"inputs":[{"name":"input","shape":[2],"datatype":"FP32","data":[1,2]}]}""", 400, "[-1, 2]" },
        { "negative dimension", """{"inputs":[{"name":"input","shape":[-1,2],"datatype":"FP32","data":[1,2]}]}""", 400, "dimension" },
        { "fractional dimension", """{"inputs":[{"name":"input","shape":[1.0,2],"datatype":"FP32","data":[1,2]}]}""", 400, "dimension" },
        { "overflowing dimension", """{"inputs":[{"name":"input","shape":[99999999999999999999,2],"datatype":"FP32","data":[1,2]}]}""", 400, "dimension" },
        { "too many dimensions", """{"inputs":[{"name":"input","shape":[1,1,1,1,1,1,1,1,1,2],"datatype":"FP32","data":[1,2]}]}""", 400, "dimensions" },
        { "a shape of gigabytes", """{"inputs":[{"name":"input","shape":[2000000000,2],"datatype":"FP32","data":[1,2]}]}""", 413, "elements" },
        { "a shape beyond its data", """{"inputs":[{"name":"input","shape":[50000,2],"datatype":"FP32","data":[1,2]}]}""", 400, "fewer" },
        { "NaN", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[NaN,2]}]}""", 400, "a number" },
        { "Infinity", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[-Infinity,2]}]}""", 400, "a number" },
        { "a number too large", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1e39,2]}]}""", 400, "1e39 at byte 67" },
        { "a number with a huge exponent", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1e99999999999,2]}]}""", 400, "too large" },
        { "a number as text", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":["1",2]}]}""", 400, "a number" },
        { "a null", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[null,2]}]}""", 400, "a number" },
        { "a truth value", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[true,2]}]}""", 400, "a number" },
        { "an object", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[{},2]}]}""", 400, "a number" },
        { "a leading zero", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[01,2]}]}""", 400, "leading zero" },
        { "a leading plus", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[+1,2]}]}""", 400, "a number" },
        { "a bare point", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1.,2]}]}""", 400, "a digit" },
        { "hexadecimal", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[0x1,2]}]}""", 400, "','" },
        { "an id that is no text", """{"id":1,"inputs":[]}""", 400, "'\"'" },
        { "an id too long", $$"""{"id":"{{new string('x', 2000)}}","inputs":[]}""", 400, "id" },
        { "a lone surrogate", """{"id":"\ud800","inputs":[]}""", 400, "surrogate" },
        { "a bad escape", """{"id":"\x","inputs":[]}""", 400, "escape" },
        { "a control character", "{\"id\":\"a\nb\",\"inputs\":[]}", 400, "control" },
        { "deep nesting", """{"x":""" + new string('[', 5000) + new string(']', 5000) + "}", 400, "deeper" },
        { "deep data", """{"inputs":[{"data":""" + new string('[', 400_000), 400, "deeper" },
        { "a timeout of text", """{"parameters":{"timeout":"1"},"inputs":[]}""", 400, "a number" },
        { "a negative timeout", """{"parameters":{"timeout":-1},"inputs":[]}""", 400, "timeout" },
        { "shared memory", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"shared_memory_region":"x"}}]}""", 400, "extension" },
        { "binary without a header", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", 400, "Inference-Header-Content-Length" },
        { "data and binary", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":0}}]}""", 400, "both" },
        { "too many inputs", """{"inputs":[""" + string.Join(",", Enumerable.Repeat("""{"x":1}""", 100)) + "]}", 400, "no 'name'" },
        { "a model input left out", """{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}""", 400, "no input 'b'" },
    };

    /// <summary>Headers (or a whole request, when it begins with a method) and bodies.</summary>
    public static TheoryData<string, string, string, int> Framings => new()
    {
        { "1 GB declared", "Content-Length: 1073741824", "{", 413 },
        { "more than the limit declared", "Content-Length: 1048577", "{", 413 },
        { "negative length", "Content-Length: -1", "", 400 },
        { "two lengths", "Content-Length: 2\r\nContent-Length: 3", "{}", 400 },
        { "both framings", "Content-Length: 2\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n", 400 },
        { "both framings, hidden", "X-Content-Length: 2\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n", 400 },
        { "unknown coding", "Transfer-Encoding: xchunked", "{}", 400 },
        { "chunk of no size", "Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n", 400 },
        { "chunk without end", "Transfer-Encoding: chunked", "2\r\n{}XX\r\n0\r\n\r\n", 400 },
        { "bare line feed in a chunk extension", "Transfer-Encoding: chunked", "2;\n{}\r\n0\r\n\r\n", 400 },
        { "chunks beyond the limit", "Transfer-Encoding: chunked", "110000\r\n" + new string(' ', 0x110000) + "\r\n0\r\n\r\n", 413 },
        { "form", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2", "{}", 415 },
        { "text", "Content-Type: text/plain\r\nContent-Length: 2", "{}", 415 },
        { "compressed", "Content-Encoding: gzip\r\nContent-Length: 2", "{}", 415 },
        { "octets without the header", "Content-Type: application/octet-stream\r\nContent-Length: 8", "12345678", 415 },
        { "header length of text", "Inference-Header-Content-Length: x\r\nContent-Length: 2", "{}", 400 },
        { "header length beyond the body", "Inference-Header-Content-Length: 3\r\nContent-Length: 2", "{}", 400 },
        { "negative header length", "Inference-Header-Content-Length: -1\r\nContent-Length: 2", "{}", 400 },
        { "raw body of half an element", "Inference-Header-Content-Length: 0\r\nContent-Length: 7", "1234567", 400 },
        { "raw body of half a row", "Inference-Header-Content-Length: 0\r\nContent-Length: 4", "1234", 400 },
        { "timeout of text", "X-Request-Timeout: soon\r\nContent-Length: 2", "{}", 400 },
        { "two sticky keys", "X-Sticky-Key: a\r\nX-Sticky-Key: b\r\nContent-Length: 2", "{}", 400 },
        { "request id with a space", "X-Request-Id: a b\r\nContent-Length: 2", "{}", 400 },
        { "foreign host", "GET /v2 HTTP/1.1\r\nHost: evil.example\r\n\r\n", "", 400 },
        { "no host", "GET /v2 HTTP/1.1\r\n\r\n", "", 400 },
        { "two hosts", "GET /v2 HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", "", 400 },
        { "foreign page", "GET /v2 HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n", "", 403 },
        { "foreign page, opaque", "GET /v2 HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n", "", 403 },
        { "no HTTP", "hello\r\n\r\n", "", 400 },
        { "200 headers", "GET /v2 HTTP/1.1\r\nHost: localhost\r\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: 1\r\n")) + "\r\n", "", 431 },
        { "zero byte in the path", "GET /v2/models/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", "", 400 },
    };

    /// <summary>Bytes after JSON, for the input of shape [1, 2].</summary>
    public static TheoryData<string, string, int, byte[]> Binaries => new()
    {
        { "fewer bytes than said", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", 400, new byte[7] },
        { "more bytes than said", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", 400, new byte[9] },
        { "another size than the shape", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":12}}]}""", 400, new byte[12] },
        { "negative size", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":-8}}]}""", 400, new byte[8] },
        { "huge size", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":9223372036854775807}}]}""", 400, new byte[8] },
        { "an infinity in a row", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", 400, [0, 0, 0x80, 0x7F, 0, 0, 0, 0] },
        { "bytes that belong to nothing", Good, 400, new byte[1] },
        { "both ways", """{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8}}]}""", 400, new byte[8] },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_Wrong_IsRefusedWithItsReason(string what, string body, int status, string reason)
    {
        var model = body.Contains("\"name\":\"a\"", StringComparison.Ordinal) ? "pair" : "scale";
        using var response = await fixture.Http.InferAsync(model, body);
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).Should().Be(status, "{0}: {1}", what, text);
        System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("error").GetString().Should().Contain(reason);
        await NextIsAnsweredAsync();
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Framing_Wrong_IsRefused(string what, string headers, string body, int status)
    {
        var request = headers.Contains(" HTTP/1.1\r\n", StringComparison.Ordinal) || headers.EndsWith("\r\n\r\n", StringComparison.Ordinal)
            ? headers
            : $"POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n{body}";
        var response = await fixture.Http.SendAsync(request);
        response.Status.Should().Be(status, what);
        await NextIsAnsweredAsync();
    }

    [Theory]
    [MemberData(nameof(Binaries))]
    public async Task Binary_Wrong_IsRefused(string what, string json, int status, byte[] data)
    {
        var response = await fixture.Http.SendAsync([.. Encoding.Latin1.GetBytes(
            $"POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\nInference-Header-Content-Length: {json.Length}\r\nContent-Length: {json.Length + data.Length}\r\n\r\n{json}"), .. data]);
        response.Status.Should().Be(status, what);
        response.Error.Should().NotBeNullOrEmpty();
        await NextIsAnsweredAsync();
    }

    [Fact]
    public async Task Utf8_Invalid_IsRefused()
    {
        var response = await fixture.Http.SendAsync("POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n{\"id\":\"\u00ff\u00fe\"}");
        response.Status.Should().Be(400);
        response.Error.Should().Contain("UTF-8");
        await NextIsAnsweredAsync();
    }

    [Fact]
    public async Task Connection_HalfClosed_HarmsNobody()
    {
        var response = await fixture.Http.SendAsync($"POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Good.Length}\r\n\r\n{Good}", halfClose: true);
        // Kestrel takes a half-closed connection for one whose client has gone.
        response.Status.Should().BeOneOf(0, 200);
        await NextIsAnsweredAsync();
    }

    [Fact]
    public async Task Connection_HalfClosedWithinTheBody_EndsWithoutAnAnswerOfTheModel()
    {
        var response = await fixture.Http.SendAsync("POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", halfClose: true);
        response.Status.Should().BeOneOf(0, 400);
        await NextIsAnsweredAsync();
    }

    [Fact]
    public async Task Body_InManySegmentsAndChunks_IsReadWhole()
    {
        var rows = 5000;
        var json = $$"""{"inputs":[{"name":"input","shape":[{{rows}},2],"datatype":"FP32","data":[{{string.Join(",", Enumerable.Range(0, rows * 2))}}]}],"id":"big"}""";
        var chunks = new StringBuilder();
        for (var at = 0; at < json.Length; at += 7)
        {
            var part = json.Substring(at, Math.Min(7, json.Length - at));
            chunks.Append(part.Length.ToString("x", System.Globalization.CultureInfo.InvariantCulture)).Append("\r\n").Append(part).Append("\r\n");
        }

        var response = await fixture.Http.SendAsync($"POST /v2/models/scale/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
        response.Status.Should().Be(200);
        response.Json.GetProperty("outputs")[0].GetProperty("data")[(rows * 2) - 1].GetSingle().Should().Be(3f * ((rows * 2) - 1));
    }

    [Fact]
    public async Task Model_ThatFails_SaysNothingOfItsInside()
    {
        using var response = await fixture.Http.InferAsync("fake", """{"inputs":[{"name":"input","shape":[1,3],"datatype":"FP32","data":[666,1,1]}]}""");
        response.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        (await response.Content.ReadAsStringAsync()).Should().Be("""{"error":"The model failed on this request."}""");
        fixture.Http.Log.Errors.Should().Contain(error => error.Contains("poison", StringComparison.Ordinal));
        await NextIsAnsweredAsync();
    }

    private async Task NextIsAnsweredAsync()
    {
        using var response = await fixture.Http.InferAsync("scale", Good);
        response.StatusCode.Should().Be(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync()).Should().Contain("\"data\":[3,6]");
    }
}
