namespace MlOps.Features.Tests;

public sealed class TextTableTests
{
    [Theory]
    [InlineData(3_000, 0)]
    [InlineData(3_000, 10)]
    [InlineData(30_000, 2)]
    [InlineData(100, 1)]
    public void GetOrAddAll_OfALargeColumn_NumbersAsADictionaryDoes(int distinct, int copies)
    {
        // So many tenths of the texts are objects of their own: equal texts come as the same object and as others.
        var random = new Random(distinct + copies);
        var names = Enumerable.Range(0, distinct).Select(i => $"entity-{i}").ToArray();
        var texts = Enumerable.Range(0, 100_000).Select(i => i % 1000 == 7 ? null! : Pick()).ToArray();
        var expected = new Dictionary<string, int>(StringComparer.Ordinal);
        var codes = new int[texts.Length];
        codes.AsSpan().Fill(-1);

        var table = new TextTable();
        table.GetOrAddAll(texts, codes);

        // Equal codes for equal texts, dense, and each code names its text.
        var stored = table.ToArray();
        for (var i = 0; i < texts.Length; i++)
        {
            if (texts[i] is null)
            {
                codes[i].Should().Be(-1);
                continue;
            }

            expected.TryAdd(texts[i], codes[i]);
            if (expected[texts[i]] != codes[i] || stored[codes[i]] != texts[i])
                throw new InvalidOperationException($"Row {i} ('{texts[i]}') has code {codes[i]}.");
        }

        stored.Length.Should().Be(expected.Count);

        string Pick()
        {
            var name = names[random.Next(names.Length)];
            return random.Next(10) < copies ? new string(name.AsSpan()) : name;
        }
    }
}
