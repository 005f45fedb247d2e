using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MlOps.Serving;

namespace MlOps.AspNetCore.Tests.Routing;

public sealed class RoundTripTests(ServedModelsFixture fixture) : IClassFixture<ServedModelsFixture>
{
    [Fact]
    public void Json_AnyDoublesInAnyForm_ComeBackToTheBit() => Holds<double>(
        TensorType.Double, value => double.IsFinite(value), value => value.ToString("R", CultureInfo.InvariantCulture), element => element.GetDouble(),
        (a, b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b));

    [Fact]
    public void Json_AnyFloatsInAnyForm_ComeBackToTheBit() => Holds<float>(
        TensorType.Float, float.IsFinite, value => value.ToString("R", CultureInfo.InvariantCulture), element => element.GetSingle(),
        (a, b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b));

    [Fact]
    public void Json_AnyIntegers_ComeBack() => Holds<long>(
        TensorType.Int64, _ => true, value => value.ToString(CultureInfo.InvariantCulture), element => element.GetInt64(), (a, b) => a == b);

    [Fact]
    public void Json_AnyTexts_ComeBack() => Holds<string>(
        TensorType.String, text => text is not null && !text.Contains('\0') && text.EnumerateRunes().All(rune => rune.Value != 0xFFFD), text => JsonSerializer.Serialize(text), element => element.GetString()!, (a, b) => a == b);

    private void Holds<T>(TensorType type, Func<T, bool> allowed, Func<T, string> write, Func<JsonElement, T> read, Func<T, T, bool> same) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(ArbMap.Default.ArbFor<T[]>(), ArbMap.Default.ArbFor<bool>(), (values, nested) =>
        {
            values = [.. values.Where(allowed)];
            if (values.Length % 2 == 1)
                values = values[1..];
            var data = nested
                ? $"[{string.Join(" , ", values.Chunk(2).Select(row => $"[{write(row[0])}\n,\t{write(row[1])} ]"))}]"
                : $"[{string.Join(",", values.Select(write))}]";
            using var response = fixture.Http.InferAsync(
                $"identity-{type}", $$"""{"inputs":[{"name":"input","datatype":"{{DataTypes.NameOf(type)}}","shape":[{{values.Length / 2}},2],"data":{{data}}}]}""").GetAwaiter().GetResult();
            var text = response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
            if (!response.IsSuccessStatusCode)
                throw new InvalidOperationException(text);
            var output = JsonDocument.Parse(text).RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(read).ToArray();
            return output.Length == values.Length && output.Zip(values).All(pair => same(pair.First, pair.Second));
        }));
}
