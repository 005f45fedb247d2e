using FsCheck;
using FsCheck.Fluent;

namespace MlOps.Serving.Tests.Caching;

public sealed class ResponseCacheTests
{
    [Fact]
    public void TryGet_SameBits_GivesTheAnswer()
    {
        var cache = new ResponseCache(new ResponseCacheOptions { Capacity = 4 }, TimeProvider.System);
        cache.Add([1f, 2f], [0.25f, 0.75f]);
        var scores = new float[2];
        cache.TryGet([1f, 2f], scores).Should().BeTrue();
        scores.Should().Equal(0.25f, 0.75f);
        cache.TryGet([1f, MathF.BitIncrement(2f)], scores).Should().BeFalse();
        cache.TryGet([-0f, 2f], scores).Should().BeFalse();
        cache.TryGet([1f], scores).Should().BeFalse();
    }

    [Fact]
    public void TryGet_AfterItsLifetime_Misses()
    {
        var clock = new FakeClock();
        var cache = new ResponseCache(new ResponseCacheOptions { Capacity = 4, TimeToLive = TimeSpan.FromSeconds(10) }, clock);
        cache.Add([1f], [5f]);
        clock.Advance(TimeSpan.FromSeconds(9));
        cache.TryGet([1f], new float[1]).Should().BeTrue();
        clock.Advance(TimeSpan.FromSeconds(1));
        cache.TryGet([1f], new float[1]).Should().BeFalse();
        cache.Add([1f], [6f]);
        var scores = new float[1];
        cache.TryGet([1f], scores).Should().BeTrue();
        scores[0].Should().Be(6f);
    }

    [Fact]
    public void TryGet_WithinTheQuantum_CountsAsTheSameInput()
    {
        var cache = new ResponseCache(new ResponseCacheOptions { Capacity = 4, Quantum = 0.5f }, TimeProvider.System);
        cache.Add([0.6f, -0.1f], [1f]);
        cache.TryGet([0.9f, -0.4f], new float[1]).Should().BeTrue();
        cache.TryGet([1.0f, -0.4f], new float[1]).Should().BeFalse();
        cache.TryGet([0.9f, 0.1f], new float[1]).Should().BeFalse();
    }

    [Fact]
    public void Add_BeyondCapacity_KeepsWhatIsAskedForAgain()
    {
        var cache = new ResponseCache(new ResponseCacheOptions { Capacity = 64 }, TimeProvider.System);
        var hits = 0;
        for (var i = 0; i < 20_000; i++)
        {
            hits += Ask(cache, i % 16);
            Ask(cache, 1000 + i);
        }

        cache.Count.Should().BeLessThanOrEqualTo(64);
        hits.Should().BeGreaterThan(19_000, "one-off inputs must not drive out the popular ones");
    }

    [Fact]
    public void TryGet_Hit_AllocatesNothing()
    {
        var cache = new ResponseCache(new ResponseCacheOptions { Capacity = 64, Quantum = 0.1f }, TimeProvider.System);
        var row = new float[32];
        var scores = new float[1];
        cache.Add(row, [1f]);
        for (var i = 0; i < 100; i++)
            cache.TryGet(row, scores);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            cache.TryGet(row, scores);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void AnyTrace_AnswersAreThoseThatWereAdded()
    {
        Prop.ForAll(
            Gen.Choose(0, 40).ListOf(400).ToArbitrary(), Gen.Choose(1, 20).ToArbitrary(), (keys, capacity) =>
            {
                var cache = new ResponseCache(new ResponseCacheOptions { Capacity = capacity }, TimeProvider.System);
                var scores = new float[1];
                var right = true;
                foreach (var key in keys)
                {
                    if (cache.TryGet([key, 7f], scores))
                        right &= scores[0] == key * 3;
                    else
                        cache.Add([key, 7f], [key * 3]);
                    right &= cache.Count <= capacity;
                }

                return right;
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Threads_AtOnce_NeverSeeAnothersAnswer()
    {
        var cache = new ResponseCache(new ResponseCacheOptions { Capacity = 50 }, TimeProvider.System);
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            var scores = new float[2];
            for (var i = 0; i < 20_000; i++)
            {
                float key = random.Next(200);
                if (cache.TryGet([key], scores))
                    scores.Should().Equal(key, -key);
                else
                    cache.Add([key], [key, -key]);
            }
        });
    }

    private static int Ask(ResponseCache cache, int key)
    {
        var scores = new float[1];
        if (cache.TryGet([key], scores))
            return 1;
        cache.Add([key], [key]);
        return 0;
    }
}
