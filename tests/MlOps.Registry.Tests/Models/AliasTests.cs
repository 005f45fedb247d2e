using MlOps.Testing;

namespace MlOps.Registry.Tests;

public sealed class AliasTests : IAsyncLifetime
{
    private readonly TestEnvironment _environment = new();

    private SqlModelRegistry Registry => new(_environment.Context);

    public async Task InitializeAsync()
    {
        var draft = await Drafts.SmallAsync(_environment.Context);
        for (var i = 0; i < 3; i++)
            await Registry.RegisterAsync(draft);
    }

    public async Task DisposeAsync() => await _environment.DisposeAsync();

    [Fact]
    public async Task SetAlias_Moves_KeepHistoryAndAnswerTheTimeQuestion()
    {
        var start = Timestamp.From(_environment.Clock.GetUtcNow());
        foreach (var version in new[] { 1, 2, 2, 3 })
        {
            _environment.Clock.Advance(TimeSpan.FromHours(1));
            await Registry.SetAliasAsync(new("churn", version), "champion", $"to {version}");
        }

        _environment.Clock.Advance(TimeSpan.FromHours(1));
        (await Registry.RemoveAliasAsync("churn", "champion", "retired", expected: 3)).To.Should().BeNull();

        (await Registry.GetAliasHistoryAsync("churn", "champion")).Select(move => (move.From, move.To, move.Reason)).Should().Equal(
            (null, 1, "to 1"), (1, 2, "to 2"), (2, 3, "to 3"), (3, null, "retired"));
        (await At(0)).Should().BeNull();
        (await At(1)).Should().Be(1);
        (await At(2.5)).Should().Be(2);
        (await At(4)).Should().Be(3);
        (await At(5)).Should().BeNull();
        (await Registry.FindAsync("churn", "champion")).Should().BeNull();

        async Task<int?> At(double hours) => (await Registry.FindAliasAtAsync("churn", "champion", start + TimeSpan.FromHours(hours)))?.To;
    }

    [Fact]
    public async Task SetAlias_SameVersion_ChangesNothing()
    {
        await Registry.SetAliasAsync(new("churn", 1), "champion", "first");
        var again = await Registry.SetAliasAsync(new("churn", 1), "champion", "again");
        (again.From, again.To).Should().Be((1, 1));
        (await Registry.GetAliasHistoryAsync("churn")).Should().HaveCount(1);
        (await _environment.Context.Events.ReadAsync(0, RegistryEvents.AliasMoved)).Should().HaveCount(1);
    }

    [Fact]
    public async Task SetAlias_WrongExpectation_IsAConflictAndLeavesNothing()
    {
        await Registry.SetAliasAsync(new("churn", 1), "champion", "first", expected: 0);
        (await Registry.Invoking(registry => registry.SetAliasAsync(new("churn", 3), "champion", "late", expected: 2).AsTask())
            .Should().ThrowAsync<ConcurrencyConflictException>()).WithMessage("*points at version 1, not at version 2*");
        (await Registry.GetAliasesAsync("churn")).Should().Equal(new Dictionary<string, int> { ["champion"] = 1 });
        (await _environment.Context.Audit.ReadAsync()).Count(record => record.Entry.Operation == "registry.alias.set").Should().Be(1);
    }

    [Fact]
    public async Task SetAlias_RacingCompareAndSet_OneWinsEachRound()
    {
        await using var other = MlOps.Environments.EnvironmentStores.OpenEmbedded("sandbox", EnvironmentKind.Sandbox, _environment.Directory);
        SqlModelRegistry[] registries = [Registry, new(other.Context)];
        var expected = 0;
        for (var round = 0; round < 10; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                try
                {
                    // Always away from where it points, so that only the first can find its expectation met.
                    return (await registries[i % 2].SetAliasAsync(new("churn", (expected % 3) + 1), "champion", $"{i}", expected)).To;
                }
                catch (ConcurrencyConflictException)
                {
                    return null;
                }
            })));
            results.Count(result => result is not null).Should().Be(1);
            expected = (expected % 3) + 1;
        }

        var history = await Registry.GetAliasHistoryAsync("churn", "champion");
        history.Should().HaveCount(10);
        history.Zip(history.Skip(1)).Should().OnlyContain(pair => pair.First.To == pair.Second.From);
    }

    [Fact]
    public async Task SetAlias_ClockWentBack_HistoryStaysInOrder()
    {
        _environment.Clock.Advance(TimeSpan.FromHours(2));
        await Registry.SetAliasAsync(new("churn", 1), "champion", "");
        _environment.Clock.JumpTo(_environment.Clock.GetUtcNow() - TimeSpan.FromHours(1));
        await Registry.SetAliasAsync(new("churn", 2), "champion", "");
        var history = await Registry.GetAliasHistoryAsync("churn", "champion");
        history[1].At.Should().Be(history[0].At);
        (await Registry.FindAliasAtAsync("churn", "champion", history[1].At))!.To.Should().Be(2);
    }

    [Fact]
    public async Task SetAlias_UnknownVersion_IsNotFound() =>
        await Registry.Invoking(registry => registry.SetAliasAsync(new("churn", 4), "champion", "").AsTask()).Should().ThrowAsync<ModelNotFoundException>();
}
