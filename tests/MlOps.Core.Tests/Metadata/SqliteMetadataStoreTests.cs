using Microsoft.Data.Sqlite;
using MlOps.Metadata;
using MlOps.Testing;

namespace MlOps.Core.Tests.Metadata;

public sealed class SqliteMetadataStoreTests : IDisposable
{
    private static readonly MetadataSchema Notes = new("notes",
    [
        """
        CREATE TABLE notes_note (id {identity}, text TEXT NOT NULL UNIQUE, body {blob}, weight {double});
        CREATE INDEX notes_by_weight ON notes_note (weight);
        """,
    ]);

    private readonly TemporaryDirectory _directory = new();

    private string File => _directory["metadata.db"];

    public void Dispose() => _directory.Dispose();

    private async Task<IMetadataStore> OpenAsync(SqliteMetadataOptions? options = null)
    {
        var store = SqliteMetadataStore.Open(File, "sandbox", options);
        await store.MigrateAsync(Notes);
        return store;
    }

    private static ValueTask<int> Add(IMetadataStore store, string text, CancellationToken cancellationToken = default) =>
        store.WriteAsync((s, _) => s.ExecuteAsync("INSERT INTO notes_note (text) VALUES (@text)", ("@text", text)), cancellationToken);

    private static async Task<long?> Count(IMetadataStore store) =>
        await store.ReadAsync((s, _) => s.ScalarAsync("SELECT count(*) FROM notes_note"));

    [Fact]
    public async Task Values_OfEveryKind_ComeBackEqual()
    {
        await using var store = await OpenAsync();
        byte[] body = [0, 1, 255, 0];
        await store.WriteAsync((s, _) => s.ExecuteAsync(
            "INSERT INTO notes_note (text, body, weight) VALUES (@t, @b, @w)", ("@t", "ä\0b"), ("@b", body), ("@w", 0.1)));
        await store.WriteAsync((s, _) => s.ExecuteAsync(
            "INSERT INTO notes_note (text, body, weight) VALUES (@t, @b, @w)", ("@t", "empty"), ("@b", Array.Empty<byte>()), ("@w", null)));

        var rows = await store.ReadAsync((s, _) => s.QueryAsync(
            "SELECT text, body, weight FROM notes_note ORDER BY id",
            r => (r.GetString(0), r.GetFieldValue<byte[]>(1), r.IsDBNull(2) ? (double?)null : r.GetDouble(2))));

        rows.Should().BeEquivalentTo([("ä\0b", body, (double?)0.1), ("empty", Array.Empty<byte>(), null)]);
        var scalars = await store.ReadAsync(async (s, _) => (
            await s.ScalarAsync("SELECT @v", ("@v", true)), await s.ScalarAsync("SELECT @v", ("@v", 7)),
            await s.ScalarAsync("SELECT @v", ("@v", new Timestamp(-5))), await s.ScalarAsync("SELECT @v", ("@v", null)),
            await s.ScalarAsync("SELECT id FROM notes_note WHERE id < 0")));
        scalars.Should().Be((1L, 7L, -5L, null, null));
    }

    [Fact]
    public async Task Pragmas_OfEveryConnection_AreTheSafeOnes()
    {
        await using var store = await OpenAsync();
        Func<IMetadataSession, CancellationToken, ValueTask<string>> read = async (s, _) => string.Join(' ',
            await One(s, "journal_mode"), await One(s, "synchronous"), await One(s, "trusted_schema"),
            await One(s, "cell_size_check"), await One(s, "foreign_keys"), await One(s, "mmap_size"));
        (await store.WriteAsync(read)).Should().Be("wal 2 0 1 1 0");
        (await store.ReadAsync(read)).Should().Be("wal 2 0 1 1 0");

        static async ValueTask<string> One(IMetadataSession s, string pragma) =>
            (await s.QueryAsync("PRAGMA " + pragma, r => r.GetValue(0).ToString()!)).Single();
    }

    [Fact]
    public async Task Write_ThatThrows_IsUndoneAloneAmongItsNeighbours()
    {
        await using var store = await OpenAsync();
        using var hold = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var blocker = Task.Run(() => store.WriteAsync((s, token) => { started.Set(); hold.Wait(token); return s.ScalarAsync("SELECT 1"); }).AsTask());
        started.Wait();
        var writes = Enumerable.Range(0, 100).Select(i => store.WriteAsync(async (s, _) =>
        {
            var rows = await s.ExecuteAsync("INSERT INTO notes_note (text) VALUES (@text)", ("@text", "n" + i));
            return i % 3 == 0 ? throw new InvalidOperationException("no " + i) : rows;
        }).AsTask()).ToList();
        hold.Set();
        await blocker;

        for (var i = 0; i < writes.Count; i++)
        {
            if (i % 3 == 0)
                (await writes[i].Awaiting(w => w).Should().ThrowAsync<InvalidOperationException>()).WithMessage("no " + i);
            else
                (await writes[i]).Should().Be(1);
        }

        (await Count(store)).Should().Be(66);
    }

    [Fact]
    public async Task Write_AloneThatThrows_IsUndone()
    {
        await using var store = await OpenAsync();
        var write = () => store.WriteAsync<int>(async (s, _) =>
        {
            await s.ExecuteAsync("INSERT INTO notes_note (text) VALUES ('x')");
            throw new InvalidOperationException();
        }).AsTask();
        await write.Should().ThrowAsync<InvalidOperationException>();
        (await Count(store)).Should().Be(0);
        await Add(store, "x");
    }

    [Fact]
    public async Task Write_OfADuplicateKey_IsAConflictAndTheStoreGoesOn()
    {
        await using var store = await OpenAsync();
        await Add(store, "a");
        await store.Awaiting(s => Add(s, "a").AsTask()).Should().ThrowAsync<ConcurrencyConflictException>();
        await store.Awaiting(s => Add(s, null!).AsTask()).Should().ThrowAsync<InvalidInputException>();
        await Add(store, "b");
        (await Count(store)).Should().Be(2);
    }

    [Fact]
    public async Task Write_InsideAWrite_IsRefusedInsteadOfWaitingForItself()
    {
        await using var store = await OpenAsync();
        var nested = () => store.WriteAsync((_, token) => Add(store, "x", token)).AsTask();
        (await nested.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*inside a write*");
    }

    [Fact]
    public async Task Write_SeesTheCallersFlow()
    {
        await using var store = await OpenAsync();
        var caller = new CallerAccessor();
        using (caller.ActAs(CallerAccessor.Named("ada")))
            (await store.WriteAsync((_, _) => ValueTask.FromResult(caller.Name))).Should().Be("ada");
    }

    [Fact]
    public async Task Write_CancelledBeforeItsTurn_NeverRuns()
    {
        await using var store = await OpenAsync();
        using var hold = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var blocker = Task.Run(() => store.WriteAsync((s, token) => { started.Set(); hold.Wait(token); return s.ScalarAsync("SELECT 1"); }).AsTask());
        started.Wait();
        var cancelled = Add(store, "cancelled", cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await cancelled.Awaiting(c => c).Should().ThrowAsync<OperationCanceledException>();
        hold.Set();
        await blocker;
        await Add(store, "after");
        (await Count(store)).Should().Be(1);
    }

    [Fact]
    public async Task Write_BeyondTheQueue_IsRefusedWithARetryHint()
    {
        await using var store = await OpenAsync(new SqliteMetadataOptions { QueueCapacity = 2 });
        using var hold = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var blocker = Task.Run(() => store.WriteAsync((s, token) => { started.Set(); hold.Wait(token); return s.ScalarAsync("SELECT 1"); }).AsTask());
        started.Wait();
        var first = Add(store, "1");
        var second = Add(store, "2");
        var refused = store.Awaiting(s => Add(s, "3").AsTask());
        (await refused.Should().ThrowAsync<OverloadedException>()).Which.RetryAfter.Should().BePositive();
        hold.Set();
        await blocker;
        await first;
        await second;
        await Add(store, "4");
        (await Count(store)).Should().Be(3);
    }

    [Fact]
    public async Task Session_AfterItsDelegate_RefusesWork()
    {
        await using var store = await OpenAsync();
        IMetadataSession? kept = null;
        await store.WriteAsync((s, _) => { kept = s; return ValueTask.FromResult(0); });
        kept!.Invoking(s => s.ScalarAsync("SELECT 1").AsTask().GetAwaiter().GetResult()).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task Read_ThatWrites_IsRefused()
    {
        await using var store = await OpenAsync();
        var read = () => store.ReadAsync((s, _) => s.ExecuteAsync("DELETE FROM notes_note")).AsTask();
        (await read.Should().ThrowAsync<StorageException>()).WithMessage("*Reads cannot write*");
    }

    [Fact]
    public async Task Read_WhileWritesGoOn_SeesOneSnapshot()
    {
        await using var store = await OpenAsync();
        await Add(store, "a");
        var counts = await store.ReadAsync(async (s, token) =>
        {
            var before = await s.ScalarAsync("SELECT count(*) FROM notes_note");
            await Add(store, "b", token);
            return (before, await s.ScalarAsync("SELECT count(*) FROM notes_note"));
        });
        counts.Should().Be((1L, 1L));
        (await Count(store)).Should().Be(2);
    }

    [Fact]
    public async Task Transaction_EndedByADelegate_FailsItsBatchWithATypedError()
    {
        await using var store = await OpenAsync();
        var write = () => store.WriteAsync((s, _) => s.ExecuteAsync("COMMIT")).AsTask();
        await write.Should().ThrowAsync<StorageException>();
        await Add(store, "a");
        (await Count(store)).Should().Be(1);
    }

    [Fact]
    public async Task FullDatabase_RefusesWithARemedyAndGoesOnWhenThereIsRoom()
    {
        await using var store = await OpenAsync();
        await Add(store, "before");
        // The limit belongs to the connection, which the store opens anew after such an error.
        Func<Task> limit = () => store.WriteAsync(async (s, _) =>
        {
            var pages = await s.ScalarAsync("PRAGMA page_count");
            return await s.ScalarAsync($"PRAGMA max_page_count = {pages + 2}");
        }).AsTask();
        await limit();
        var big = new byte[100_000];
        var write = () => store.WriteAsync((s, _) => s.ExecuteAsync("INSERT INTO notes_note (text, body) VALUES ('big', @b)", ("@b", big))).AsTask();
        (await write.Should().ThrowAsync<StorageException>()).WithMessage($"*{File}*disk is full*free space*");

        await limit();
        using var hold = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var blocker = Task.Run(() => store.WriteAsync((s, token) => { started.Set(); hold.Wait(token); return s.ScalarAsync("SELECT 1"); }).AsTask());
        started.Wait(); // so that it shares no transaction with those that wait behind it
        var batch = Enumerable.Range(0, 8).Select(i => i == 4 ? write() : Add(store, "small" + i).AsTask()).ToList();
        hold.Set();
        await blocker;
        await batch[4].Awaiting(b => b).Should().ThrowAsync<StorageException>();

        // Whether SQLite ended the whole transaction or the statement alone: what was acknowledged is there, and nothing else.
        var acknowledged = 1;
        foreach (var other in batch.Where((_, i) => i != 4))
        {
            try
            {
                acknowledged += await other;
            }
            catch (StorageException)
            {
                // Refused together with the one that found the database full.
            }
        }

        (await Count(store)).Should().Be(acknowledged);
        await store.WriteAsync((s, _) => s.ScalarAsync("PRAGMA max_page_count = 1000000"));
        await write();
        (await Count(store)).Should().Be(acknowledged + 1);
    }

    [Fact]
    public async Task LockOfAnotherConnection_IsWaitedForAndNeverSurfaces()
    {
        await using var store = await OpenAsync();
        using var other = new SqliteConnection($"Data Source={File};Pooling=False");
        other.Open();
        Execute(other, "BEGIN IMMEDIATE");
        var write = Add(store, "a").AsTask();
        (await Task.WhenAny(write, Task.Delay(50))).Should().NotBe(write);
        Execute(other, "COMMIT");
        (await write).Should().Be(1);
    }

    [Fact]
    public async Task LockHeldTooLong_IsATypedErrorThatNamesTheFile()
    {
        await using var store = await OpenAsync(new SqliteMetadataOptions { LockTimeout = TimeSpan.FromMilliseconds(50) });
        using var other = new SqliteConnection($"Data Source={File};Pooling=False");
        other.Open();
        Execute(other, "BEGIN IMMEDIATE");
        (await store.Awaiting(s => Add(s, "a").AsTask()).Should().ThrowAsync<StorageException>()).WithMessage($"*{File}*another process*");
        Execute(other, "COMMIT");
        await Add(store, "a");
    }

    [Fact]
    public async Task Open_UnderAnotherName_NamesBothAndTheFile()
    {
        await (await OpenAsync()).DisposeAsync();
        this.Invoking(_ => SqliteMetadataStore.Open(File, "production")).Should().Throw<EnvironmentIsolationException>()
            .WithMessage($"*{File}*'sandbox'*'production'*");
        await using var again = SqliteMetadataStore.Open(File, "SANDBOX");
        again.EnvironmentName.Should().Be("sandbox");
    }

    [Fact]
    public async Task Open_OfANewerFormat_IsRefused()
    {
        await (await OpenAsync()).DisposeAsync();
        using (var other = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            other.Open();
            Execute(other, "UPDATE mlops_store SET format = 2");
        }

        this.Invoking(_ => SqliteMetadataStore.Open(File, "sandbox")).Should().Throw<InvalidDefinitionException>().WithMessage("*format 2*");
    }

    [Fact]
    public void Open_OfAForeignDatabase_IsRefusedAndLeavesItAlone()
    {
        using (var other = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            SqliteNative.Version.Should().NotBeEmpty();
            other.Open();
            Execute(other, "CREATE TABLE theirs (id INTEGER)");
        }

        this.Invoking(_ => SqliteMetadataStore.Open(File, "sandbox")).Should().Throw<InvalidDefinitionException>().WithMessage("*another application*");
    }

    [Fact]
    public async Task Open_OfGarbage_IsCorrupt()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5000));
        this.Invoking(_ => SqliteMetadataStore.Open(File, "sandbox")).Should().Throw<CorruptDataException>().WithMessage($"*{File}*");
    }

    [Fact]
    public void Open_InAMissingDirectory_SaysWhatToDo() =>
        this.Invoking(_ => SqliteMetadataStore.Open(_directory["no/such.db"], "sandbox")).Should().Throw<StorageException>().WithMessage("*directory exists*");

    [Fact]
    public async Task Migrate_WithMoreVersions_AppliesOnlyTheNewOnes()
    {
        await (await OpenAsync()).DisposeAsync();
        var newer = Notes with { Migrations = [.. Notes.Migrations, "ALTER TABLE notes_note ADD COLUMN author TEXT;\nUPDATE notes_note SET author = 'x'"] };
        await using (var store = SqliteMetadataStore.Open(File, "sandbox"))
        {
            await store.MigrateAsync(newer);
            await store.MigrateAsync(newer);
            (await store.ReadAsync((s, _) => s.ScalarAsync("SELECT count(author) FROM notes_note"))).Should().Be(0);
        }

        await using var older = SqliteMetadataStore.Open(File, "sandbox");
        await older.Awaiting(s => s.MigrateAsync(Notes).AsTask()).Should().ThrowAsync<InvalidDefinitionException>().WithMessage("*'notes'*version 2*");
    }

    [Fact]
    public async Task Migrate_ThatFails_LeavesNothing()
    {
        await using var store = SqliteMetadataStore.Open(File, "sandbox");
        var broken = new MetadataSchema("bad", ["CREATE TABLE bad_one (id BIGINT);\nCREATE TABLE nonsense;"]);
        await store.Awaiting(s => s.MigrateAsync(broken).AsTask()).Should().ThrowAsync<StorageException>();
        (await store.ReadAsync((s, _) => s.ScalarAsync("SELECT count(*) FROM sqlite_master WHERE name = 'bad_one'"))).Should().Be(0);
    }

    [Fact]
    public async Task Dispose_FinishesWaitingWritesAndRefusesLaterOnes()
    {
        var store = await OpenAsync();
        var writes = Enumerable.Range(0, 50).Select(i => Add(store, "n" + i).AsTask()).ToList();
        await store.DisposeAsync();
        (await Task.WhenAll(writes)).Should().HaveCount(50);
        await store.Awaiting(s => Add(s, "late").AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        await using var again = SqliteMetadataStore.Open(File, "sandbox");
        (await Count(again)).Should().Be(50);
    }

    [Fact]
    public async Task Parameter_OfAnotherType_IsNamedInTheError()
    {
        await using var store = await OpenAsync();
        var write = () => store.WriteAsync((s, _) => s.ExecuteAsync("SELECT @when", ("@when", DateTimeOffset.UnixEpoch))).AsTask();
        (await write.Should().ThrowAsync<ArgumentException>()).WithMessage("*@when*DateTimeOffset*");
    }

    [Fact]
    public async Task Writes_FromManyTasks_AreCountedDensely()
    {
        await using var store = await OpenAsync();
        var numbers = await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            var mine = new List<long>();
            for (var i = 0; i < 25; i++)
            {
                mine.Add(await store.WriteAsync(async (s, _) =>
                {
                    var next = (await s.ScalarAsync("SELECT coalesce(max(id), 0) + 1 FROM notes_note"))!.Value;
                    await s.ExecuteAsync("INSERT INTO notes_note (id, text) VALUES (@id, @text)", ("@id", next), ("@text", $"{worker}/{i}"));
                    return next;
                }));
            }

            return mine;
        })));
        numbers.SelectMany(n => n).Order().Should().Equal(Enumerable.Range(1, 400).Select(i => (long)i));
    }

    [Theory]
    [InlineData(3_006_999, false)]
    [InlineData(3_007_000, true)]
    [InlineData(3_035_005, true)]
    [InlineData(3_051_002, true)]
    [InlineData(3_051_003, false)]
    [InlineData(3_053_002, false)]
    public void NativeVersion_InTheRangeOfTheLogBug_Warns(int number, bool warns) =>
        (SqliteNative.WarningFor(number, "x.y.z") is not null).Should().Be(warns);

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
