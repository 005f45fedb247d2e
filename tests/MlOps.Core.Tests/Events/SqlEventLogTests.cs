using MlOps.Environments;
using MlOps.Testing;

namespace MlOps.Core.Tests.Events;

public sealed class SqlEventLogTests : IAsyncLifetime
{
    private readonly TestEnvironment _environment = new();

    private IEventLog Log => _environment.Context.Events;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _environment.DisposeAsync();

    [Fact]
    public async Task Events_AreReadInOrderByPositionPrefixAndLimit()
    {
        for (var i = 0; i < 10; i++)
        {
            _environment.Clock.Advance(TimeSpan.FromSeconds(1));
            await Log.AppendAsync(i % 2 == 0 ? "monitoring.drift.detected" : "registry.alias.set", "s" + i, $$"""{"i":{{i}}}""");
        }

        var all = await Log.ReadAsync();
        all.Select(e => e.Subject).Should().Equal(Enumerable.Range(0, 10).Select(i => "s" + i));
        all[3].Data.Should().Be("""{"i":3}""");
        all[3].Time.Should().Be(Timestamp.Utc(2001, 1, 1) + TimeSpan.FromSeconds(4));
        (await Log.ReadAsync(all[3].Sequence, "monitoring.", 2)).Select(e => e.Subject).Should().Equal("s4", "s6");
        (await Log.ReadAsync(all[9].Sequence)).Should().BeEmpty();
        (await Log.ReadAsync(0, "monitoring%")).Should().BeEmpty();
    }

    [Fact]
    public async Task Key_GivenTwice_RecordsOnceAndReturnsTheFirst()
    {
        var first = await Log.AppendAsync("a.b.c", "first", key: "k");
        var second = await Log.AppendAsync("a.b.c", "second", key: "k");
        second.Should().Be(first);
        (await Log.ReadAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Append_InATransactionThatFails_LeavesNoEvent()
    {
        var write = () => _environment.Context.Metadata.WriteAsync<int>(async (session, _) =>
        {
            await Log.AppendAsync(session, "a.b.c", "lost");
            throw new InvalidOperationException();
        }).AsTask();
        await write.Should().ThrowAsync<InvalidOperationException>();
        (await Log.ReadAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Data_ThatIsNotJson_IsRefused() =>
        await Log.Awaiting(l => l.AppendAsync("a.b.c", "s", "{oops").AsTask()).Should().ThrowAsync<InvalidInputException>();

    [Fact]
    public async Task Follow_SeesWhatWasThereAndWhatComesByEitherDoor()
    {
        await Log.AppendAsync("a.b.c", "1");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var follower = Log.FollowAsync(cancellationToken: stop.Token).GetAsyncEnumerator(stop.Token);
        (await NextAsync()).Should().Be("1");

        var next = NextAsync();
        await Log.AppendAsync("a.b.c", "2");
        (await next).Should().Be("2");

        next = NextAsync();
        await _environment.Context.Metadata.WriteAsync((session, _) => Log.AppendAsync(session, "a.b.c", "3"), stop.Token);
        (await next).Should().Be("3");

        next = NextAsync();
        await stop.CancelAsync();
        await next.Awaiting(n => n).Should().ThrowAsync<OperationCanceledException>();

        async Task<string> NextAsync()
        {
            await follower.MoveNextAsync();
            return follower.Current.Subject;
        }
    }

    [Fact]
    public async Task Follow_SeesEventsOfOtherProcessesByPolling()
    {
        await using var other = EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _environment.Directory);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var follower = Log.FollowAsync(typePrefix: "a.", cancellationToken: stop.Token).GetAsyncEnumerator(stop.Token);
        var next = follower.MoveNextAsync().AsTask();
        await other.Context.Events.AppendAsync("b.b.c", "other type", cancellationToken: stop.Token);
        await other.Context.Events.AppendAsync("a.b.c", "from outside", cancellationToken: stop.Token);
        while (!next.IsCompleted)
        {
            _environment.Clock.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
            stop.Token.ThrowIfCancellationRequested();
        }

        (await next).Should().BeTrue();
        follower.Current.Subject.Should().Be("from outside");
    }

    [Fact]
    public async Task Follow_UnderManyWriters_SeesEachEventOnceInOrder()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var seen = new List<MlOpsEvent>();
        var follow = Task.Run(async () =>
        {
            await foreach (var e in Log.FollowAsync(cancellationToken: stop.Token))
            {
                seen.Add(e);
                if (seen.Count == 800)
                    return;
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                await Log.AppendAsync("a.b.c", $"{w}/{i}");
        })));
        await follow;
        seen.Select(e => e.Sequence).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }
}
