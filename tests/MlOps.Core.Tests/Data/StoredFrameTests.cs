using System.Text;

namespace MlOps.Tests.Data;

public sealed class StoredFrameTests
{
    [Fact]
    public void Crc32C_OfPublishedVectors_IsThePublishedValue()
    {
        // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
        Crc32C.Compute(new byte[32]).Should().Be(0x8A9136AAu);
        Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()).Should().Be(0x62A8AB43u);
        Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")).Should().Be(0xE3069283u);
    }

    [Fact]
    public void Load_BytesOfVersion1_ReadsWhatWasWrittenThen()
    {
        var frame = Sample();
        var path = Path.Combine(AppContext.BaseDirectory, "Data", "fixtures", "frame-v1.bin");
        using var file = File.OpenRead(path);
        Frames.ShouldEqual(DataFrame.Load(file, path), frame);
        using var written = new MemoryStream();
        frame.Save(written);
        written.ToArray().Should().Equal(File.ReadAllBytes(path), "version 1 stays version 1");
    }

    [Fact]
    public void Load_EqualTexts_ShareOneInstance()
    {
        using var stream = new MemoryStream();
        new DataFrame(DataColumn.Create("s", Enumerable.Range(0, 1000).Select(i => "code " + (i % 3)).ToArray())).Save(stream);
        stream.Length.Should().BeLessThan(5000);
        stream.Position = 0;
        DataFrame.Load(stream).Column<string>("s").Span.ToArray().Distinct(ReferenceEqualityComparer.Instance).Should().HaveCount(3);
    }

    [Fact]
    public void Load_RandomBytes_AreCorruptAndNothingElse()
    {
        var random = new Random(7);
        using var stream = new MemoryStream();
        Sample().Save(stream);
        var good = stream.ToArray();
        for (var i = 0; i < 3000; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            good.AsSpan(0, Math.Min(random.Next(80), bytes.Length)).CopyTo(bytes);
            Assert.Throws<CorruptDataException>(() => DataFrame.Load(new MemoryStream(bytes)));
        }
    }

    [Fact]
    public void Load_WellSealedLies_AreCorruptAndNothingElse()
    {
        // The checksums are right, so that the checks behind them meet the damage.
        var random = new Random(11);
        using var stream = new MemoryStream();
        Sample().Save(stream);
        var good = stream.ToArray();
        var headerEnd = 12 + BitConverter.ToInt32(good, 8);
        var batchEnd = headerEnd + 4 + 13 + (int)BitConverter.ToInt64(good, headerEnd + 4 + 5);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = good.ToArray();
            for (var k = 0; k < random.Next(1, 4); k++)
                bytes[random.Next(batchEnd)] = (byte)random.Next(256);
            BitConverter.TryWriteBytes(bytes.AsSpan(headerEnd), Crc32C.Compute(bytes.AsSpan(0, headerEnd)));
            BitConverter.TryWriteBytes(bytes.AsSpan(batchEnd), Crc32C.Compute(bytes.AsSpan(headerEnd + 4, batchEnd - headerEnd - 4)));
            try
            {
                DataFrame.Load(new MemoryStream(bytes));
            }
            catch (CorruptDataException)
            {
            }
        }
    }

    [Fact]
    public void Load_OfANewerVersion_SaysSo()
    {
        using var stream = new MemoryStream();
        Sample().Save(stream);
        var bytes = stream.ToArray();
        bytes[4] = 9;
        var load = () => DataFrame.Load(new MemoryStream(bytes), "train.frame");
        load.Should().Throw<CorruptDataException>().WithMessage("*train.frame*version 9*");
    }

    [Fact]
    public void Write_OfOtherColumns_IsRefused()
    {
        using var writer = new FrameWriter(new MemoryStream());
        writer.Write(Sample());
        var write = () => writer.Write(Sample().Select("text"));
        write.Should().Throw<InvalidInputException>();
    }

    private static DataFrame Sample() => new(
        DataColumn.FromNullable<bool>("flag", true, null, false, true),
        DataColumn.FromNullable<int>("small", 1, -2, null, int.MaxValue),
        DataColumn.FromNullable<long>("large", 1, 2, 3, long.MinValue),
        DataColumn.FromNullable<float>("single", 0.5f, float.PositiveInfinity, null, -1),
        DataColumn.FromNullable<double>("real", 0.1, null, double.MaxValue, 3),
        DataColumn.FromText("text", "grüße", null, "", "🌍"),
        DataColumn.FromText("code", "ORD", "ORD", "ORD", "ORD"),
        DataColumn.FromNullable<Timestamp>("at", Timestamp.Utc(2001, 1, 1), null, new Timestamp(-1), Timestamp.MaxValue));
}
