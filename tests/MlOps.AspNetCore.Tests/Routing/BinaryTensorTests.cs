using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MlOps.Serving;

namespace MlOps.AspNetCore.Tests.Routing;

public sealed class BinaryTensorTests(ServedModelsFixture fixture) : IClassFixture<ServedModelsFixture>
{
    [Theory]
    [InlineData(TensorType.Bool, "0001")]
    [InlineData(TensorType.Int8, "80FF")]
    [InlineData(TensorType.UInt8, "00FF")]
    [InlineData(TensorType.Int16, "0080FF7F")]
    [InlineData(TensorType.UInt16, "0100FFFF")]
    [InlineData(TensorType.Float16, "003C00FC")]
    [InlineData(TensorType.Int32, "00000080FFFFFF7F")]
    [InlineData(TensorType.UInt32, "01000000FFFFFFFF")]
    [InlineData(TensorType.Float, "0000803F0000C040")]
    [InlineData(TensorType.Int64, "0000000000000080FFFFFFFFFFFFFF7F")]
    [InlineData(TensorType.UInt64, "0100000000000000FFFFFFFFFFFFFFFF")]
    [InlineData(TensorType.Double, "000000000000F03F000000000000F07F")]
    [InlineData(TensorType.String, "00000000" + "03000000" + "C3A921")]
    public async Task Binary_EveryDatatype_ComesBackAsItWent(TensorType type, string hex)
    {
        var data = Convert.FromHexString(hex);
        var (json, binary, response) = await SendAsync(
            $"identity-{type}",
            $$$"""{"inputs":[{"name":"input","shape":[1,2],"datatype":"{{{DataTypes.NameOf(type)}}}","parameters":{"binary_data_size":{{{data.Length}}}}}],"outputs":[{"name":"output","parameters":{"binary_data":true}}]}""",
            data);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/octet-stream");
        json.GetProperty("outputs")[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32().Should().Be(data.Length);
        json.GetProperty("outputs")[0].TryGetProperty("data", out _).Should().BeFalse();
        binary.Should().Equal(data);
    }

    [Fact]
    public async Task Binary_RowToBatchEngine_AnswersInBinary()
    {
        var (json, binary, response) = await SendAsync(
            "scale", """{"parameters":{"binary_data_output":true},"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}""", Floats(1, 2));
        json.GetProperty("outputs")[0].GetProperty("shape")[1].GetInt32().Should().Be(2);
        binary.Should().Equal(Floats(3, 6));
        response.Headers.GetValues("X-Model-Version").Should().Equal("1");
    }

    [Fact]
    public async Task Binary_OneOutputOfTwo_IsMixedWithJson()
    {
        var (json, binary, _) = await SendAsync(
            "pair",
            """{"inputs":[{"name":"a","shape":[2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"b","shape":[1],"datatype":"INT64","parameters":{"binary_data_size":8}}],"outputs":[{"name":"second"},{"name":"first","parameters":{"binary_data":true}}]}""",
            [.. Floats(1, 2), 7, 0, 0, 0, 0, 0, 0, 0]);
        json.GetProperty("outputs")[0].GetProperty("data")[0].GetInt64().Should().Be(7);
        binary.Should().Equal(Floats(1, 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task RawBinary_OnlyTheData_IsAnsweredInBinary(int rows)
    {
        var values = Enumerable.Range(0, rows * 2).Select(i => (float)i).ToArray();
        var (json, binary, _) = await SendAsync("scale", "", Floats(values));
        json.GetProperty("outputs")[0].GetProperty("shape")[0].GetInt32().Should().Be(rows);
        binary.Should().Equal(Floats([.. values.Select(value => value * 3)]));
    }

    private async Task<(JsonElement Json, byte[] Binary, HttpResponseMessage Response)> SendAsync(string model, string json, byte[] data)
    {
        var header = Encoding.UTF8.GetBytes(json);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/models/{model}/infer") { Content = new ByteArrayContent([.. header, .. data]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.Add("Inference-Header-Content-Length", header.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var response = await fixture.Http.Client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        response.StatusCode.Should().Be(HttpStatusCode.OK, Encoding.UTF8.GetString(body));
        var length = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), System.Globalization.CultureInfo.InvariantCulture);
        return (JsonDocument.Parse(body.AsMemory(0, length)).RootElement, body[length..], response);
    }

    private static byte[] Floats(params float[] values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * 4), values[i]);
        return bytes;
    }
}
