using MlOps.Testing;

namespace MlOps.Features.Tests;

public sealed class StreamLogTests
{
    [Fact]
    public async Task Log_WithAPowerCutAtEveryCall_KeepsWhatWasAcknowledgedOnceAndInOrder()
    {
        for (var crashAt = 1; crashAt <= 90; crashAt++)
        {
            var random = new Random(crashAt);
            var files = new FaultyFileSystem { CrashAt = crashAt };
            var acknowledged = -1L;
            try
            {
                using var channel = Open(files);
                for (var n = 0; n < 12; n++)
                    acknowledged = await channel.WriteAsync(Clicks.Rows(n * 3, 3));
            }
            catch (SimulatedCrashException)
            {
                // The machine stops.
            }

            using var again = Open(files.Crash(random));
            var range = await again.GetRangeAsync("0");
            range.Last.Should().BeGreaterThanOrEqualTo(acknowledged, $"crash at call {crashAt}");
            await again.WriteAsync(Clicks.Rows((int)range.Last + 1, 2));
            again.Complete();
            var ids = await IdsAsync(again, -1);
            ids.Should().Equal(Enumerable.Range(0, (int)range.Last + 3).Select(n => $"event-{n}"), $"crash at call {crashAt}");
        }
    }

    [Fact]
    public async Task Log_WhoseWriteFails_RefusesItAndTakesTheNext()
    {
        for (var failAt = 6; failAt < 40; failAt++)
        {
            var files = new FaultyFileSystem { FailAt = failAt, FailKind = failAt % 2 == 0 ? FaultKind.InputOutput : FaultKind.NoSpace };
            using var channel = Open(files);
            var written = 0;
            for (var attempt = 0; written < 12 && attempt < 16; attempt++)
            {
                try
                {
                    var last = await channel.WriteAsync(Clicks.Rows(written * 3, 3));
                    written = (int)(last + 1) / 3;
                }
                catch (StorageException)
                {
                    // A refused write may be there or not: the range tells.
                    try
                    {
                        written = (int)((await channel.WriteAsync(Clicks.Rows(0, 0))) + 1) / 3;
                    }
                    catch (StorageException)
                    {
                        written = (int)((await channel.WriteAsync(Clicks.Rows(0, 0))) + 1) / 3;
                    }
                }
            }

            channel.Complete();
            (await IdsAsync(channel, -1)).Should().Equal(Enumerable.Range(0, 36).Select(n => $"event-{n}"), $"failure at call {failAt}");
        }
    }

    [Fact]
    public async Task Log_ReadFromAnyOffset_YieldsExactlyWhatIsBehindIt()
    {
        var files = new FaultyFileSystem();
        using (var channel = Open(files))
        {
            for (var n = 0; n < 30; n += 5)
                await channel.WriteAsync(Clicks.Rows(n, 5));
        }

        files.ListFiles("/streams/clicks-0").Should().HaveCountGreaterThan(1);
        using var again = Open(files);
        again.Complete();
        for (var after = -1; after < 30; after++)
            (await IdsAsync(again, after)).Should().Equal(Enumerable.Range(after + 1, 29 - after).Select(n => $"event-{n}"));
    }

    [Fact]
    public async Task Log_WithDamageBeforeItsEnd_IsRefusedAndNamed()
    {
        var files = new FaultyFileSystem();
        using (var channel = Open(files, segmentBytes: 1 << 20))
        {
            for (var n = 0; n < 30; n += 5)
                await channel.WriteAsync(Clicks.Rows(n, 5));
        }

        var path = files.ListFiles("/streams/clicks-0").Single();
        byte[] sound;
        using (var stream = new MemoryStream())
        {
            files.OpenRead(path).CopyTo(stream);
            sound = stream.ToArray();
        }

        for (var at = StreamLogFormat.HeaderBytes; at < sound.Length / 2; at += 97)
        {
            var bad = sound.ToArray();
            bad[at] ^= 4;
            files.Delete(path);
            using (var file = files.CreateNew(path))
                file.Write(bad);
            var opening = () => Open(files, segmentBytes: 1 << 20);
            opening.Should().Throw<CorruptDataException>().WithMessage($"*{path}*damaged at byte*");
        }
    }

    [Fact]
    public async Task Retention_RemovesOldFilesThatWereTakenAndNoOthers()
    {
        var files = new FaultyFileSystem();
        using var channel = Open(files, retain: 1);
        for (var n = 0; n < 60; n += 5)
            await channel.WriteAsync(Clicks.Rows(n, 5));
        (await channel.GetRangeAsync("0")).First.Should().Be(0, "no job has taken anything");
        await channel.CheckpointedAsync("0", 31);
        for (var n = 60; n < 80; n += 5)
            await channel.WriteAsync(Clicks.Rows(n, 5));
        var range = await channel.GetRangeAsync("0");
        range.First.Should().BeInRange(20, 32);
        range.Last.Should().Be(79);
        channel.Complete();
        (await IdsAsync(channel, range.First - 1))[0].Should().Be($"event-{range.First}");
        var reading = async () => await IdsAsync(channel, -1);
        await reading.Should().ThrowAsync<StorageException>().WithMessage("*offset 0 is gone*");
    }

    [Fact]
    public async Task Writers_AtOnce_GetDistinctOffsetsInOneOrder()
    {
        using var folder = new TemporaryDirectory();
        using var channel = FeatureChannel.Open("clicks", new FeatureChannelOptions { LogFolder = folder.Path });
        var offsets = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(async () => (n, Last: await channel.WriteAsync(Clicks.Rows(n * 3, 3))))));
        channel.Complete();
        var ids = await IdsAsync(channel, -1);
        foreach (var (n, last) in offsets)
            ids.GetRange((int)last - 2, 3).Should().Equal($"event-{n * 3}", $"event-{n * 3 + 1}", $"event-{n * 3 + 2}");
    }

    private static FeatureChannel Open(FaultyFileSystem files, long segmentBytes = 900, long retain = 1 << 30) =>
        FeatureChannel.Open("clicks", new FeatureChannelOptions { LogFolder = "/streams", Files = files, SegmentBytes = segmentBytes, RetainBytes = retain, RetainFor = TimeSpan.FromDays(100_000) });

    private static async Task<List<string>> IdsAsync(FeatureChannel channel, long after)
    {
        var ids = new List<string>();
        await foreach (var records in channel.ReadAsync("0", after))
        {
            records.Offsets.Span[0].Should().Be(after + 1 + ids.Count);
            ids.AddRange(records.Rows.Column<string>("id").Span.ToArray());
        }

        return ids;
    }
}
