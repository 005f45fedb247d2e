namespace MlOps.Registry.Tests;

/// <summary>Every case of <see cref="HostileCases"/>: refused by the expected error with a message that helps, and the store is to the last file what it was.</summary>
public sealed class HostileInputTests(HostileInputTests.SharedStore shared) : IClassFixture<HostileInputTests.SharedStore>
{
    private static readonly Dictionary<string, HostileCase> Cases = HostileCases.All().ToDictionary(hostile => hostile.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names() => new(Cases.Keys);

    [Fact]
    public void Catalogue_HasEnough() => Cases.Should().HaveCountGreaterThan(80);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Act_Hostile_IsRefusedAndTheStoreIntact(string name)
    {
        var (store, hostile) = (await shared.RentAsync(), Cases[name]);
        var attack = await hostile.Prepare(store);
        var before = await store.DescribeAsync();
        var thrown = await Record.ExceptionAsync(attack.Act);
        attack.Undo?.Invoke();
        var after = await store.DescribeAsync();

        thrown.Should().NotBeNull("the act must be refused");
        thrown.Should().BeAssignableTo(hostile.Expected, thrown!.ToString());
        foreach (var part in hostile.Says)
            thrown!.Message.Should().Contain(part);
        if (thrown is MlOpsException)
        {
            thrown.Message.Length.Should().BeLessThan(1_000);
            thrown.Message.Where(c => char.IsControl(c) || c is >= '\u202A' and <= '\u202E').Should().BeEmpty("messages end up in logs");
        }

        after.Should().Equal(before);
        shared.Return(store);
    }

    /// <summary>One store for all cases, made anew after one that left it changed.</summary>
    public sealed class SharedStore : IAsyncLifetime
    {
        private HostileStore? _store;
        private HostileStore? _rented;

        internal async Task<HostileStore> RentAsync()
        {
            if (_rented is { } spoiled)
                await spoiled.DisposeAsync();
            _rented = _store ?? await HostileStore.CreateAsync();
            _store = null;
            return _rented;
        }

        internal void Return(HostileStore store) => (_store, _rented) = (store, null);

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if ((_store ?? _rented) is { } store)
                await store.DisposeAsync();
        }
    }
}
