using MlOps.Benchmarks.Claims;

namespace MlOps.Benchmarks;

public sealed class ClaimCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-claims-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Table_OfTheProject_HasNoMistake() => ClaimTable.FindMistake(ClaimTable.All).Should().BeNull();

    [Theory]
    [InlineData("commit")]
    [InlineData("storage.commit")]
    [InlineData("registry.")]
    public void Table_WrongName_IsAMistake(string name) => ClaimTable.FindMistake([Fixed(name, 1)]).Should().Contain($"'{name}'");

    [Fact]
    public void Table_NameTwice_IsAMistake() =>
        ClaimTable.FindMistake([Fixed("http.a", 1), Fixed("http.a", 1)]).Should().Contain("twice");

    [Fact]
    public async Task Run_AllHold_ExitsWithZero()
    {
        int code = await RunAsync([Fixed("registry.a", 0.5), Fixed("serving.b", 1)]);

        code.Should().Be(0);
        _output.ToString().Should().Contain("2 of 2 claims held");
    }

    [Fact]
    public async Task Run_OneFallsShort_ExitsWithOneAndMeasuresTheRest()
    {
        int code = await RunAsync([Fixed("registry.a", 1.5), Fixed("serving.b", 1)]);

        code.Should().Be(1);
        _output.ToString().Should().Contain("FELL SHORT").And.Contain("1 of 2 claims held");
    }

    [Fact]
    public async Task Run_OneThrows_FailsAndSaysWhy()
    {
        var broken = new Claim("http.x", "what", "bound", (_, _) => throw new InvalidOperationException("no port"));

        int code = await RunAsync([broken]);

        code.Should().Be(1);
        _output.ToString().Should().Contain("FAILED").And.Contain("no port");
    }

    [Fact]
    public async Task Run_NotANumber_DoesNotHold() => (await RunAsync([Fixed("registry.a", double.NaN)])).Should().Be(1);

    [Fact]
    public async Task Run_Filter_MeasuresThatAreaOnly()
    {
        await RunAsync([Fixed("registry.a", 1), Fixed("serving.b", 1)], "--filter", "registry");

        _output.ToString().Should().Contain("registry.a").And.NotContain("serving.b");
    }

    [Fact]
    public async Task Run_FilterWithoutMatch_ExitsWithTwo()
    {
        int code = await RunAsync([Fixed("registry.a", 1)], "--filter", "nothing");

        code.Should().Be(2);
        _errors.ToString().Should().Contain("'nothing'");
    }

    [Fact]
    public async Task Run_UnknownOption_ExitsWithTwo() => (await RunAsync([Fixed("registry.a", 1)], "--frobnicate")).Should().Be(2);

    [Fact]
    public async Task Run_List_MeasuresNothing()
    {
        var claim = new Claim("http.x", "what it says", "at most 1", (_, _) => throw new InvalidOperationException("measured"));

        (await RunAsync([claim], "--list")).Should().Be(0);
        _output.ToString().Should().Contain("http.x").And.Contain("what it says");
    }

    [Fact]
    public async Task Run_Context_FolderIsEmptyAndDeletedAfterwards()
    {
        string folder = "";
        var claim = new Claim("http.x", "what", "bound", async (context, token) =>
        {
            folder = context.Folder;
            Directory.EnumerateFileSystemEntries(folder).Should().BeEmpty();
            await File.WriteAllTextAsync(Path.Combine(folder, "file"), "", token);
            return new ClaimResult(1, "1", true);
        });

        (await RunAsync([claim])).Should().Be(0);
        Directory.Exists(folder).Should().BeFalse();
    }

    [Fact]
    public async Task Run_Json_HoldsEveryOutcome()
    {
        string file = Path.Combine(_folder, "new", "claims.json");

        await RunAsync([Fixed("registry.a", 1.5)], "--json", file);

        var outcome = (await ClaimStore.ReadAsync(file, default)).Should().ContainSingle().Subject;
        outcome.Name.Should().Be("registry.a");
        outcome.Measured.Should().Be(1.5);
        outcome.Held.Should().BeFalse();
        outcome.Machine.Should().NotBeEmpty();
    }

    [Fact]
    public async Task Run_Markdown_KeepsOtherTextAndOtherClaims()
    {
        string file = Path.Combine(_folder, "performance.md");
        await File.WriteAllTextAsync(file, $"# Performance\n\nBefore.\n\n{ClaimMarkdown.Begin}\n{ClaimMarkdown.End}\n\nAfter.\n");
        IClaim[] claims = [Fixed("registry.a", 0.25), Fixed("serving.b", 0.75)];

        await RunAsync(claims, "--markdown", file);
        await RunAsync([Fixed("registry.a", 0.5), claims[1]], "--markdown", file, "--filter", "registry");

        string text = await File.ReadAllTextAsync(file);
        text.Should().StartWith("# Performance\n\nBefore.\n").And.EndWith("\n\nAfter.\n");
        text.Should().Contain("| `registry.a` | what | 0.5 | at most 1 | held |");
        text.Should().Contain("| `serving.b` | what | 0.75 | at most 1 | held |");
        text.Should().NotContain("0.25");
    }

    [Fact]
    public async Task Run_MarkdownAgainWithClaimGone_DropsItsLine()
    {
        string file = Path.Combine(_folder, "performance.md");
        await RunAsync([Fixed("registry.a", 1), Fixed("serving.b", 1)], "--markdown", file);

        await RunAsync([Fixed("serving.b", 1)], "--markdown", file);

        (await File.ReadAllTextAsync(file)).Should().NotContain("registry.a").And.Contain("serving.b");
    }

    [Fact]
    public void Markdown_CellWithBar_IsEscaped() =>
        ClaimMarkdown.Render([Outcome("http.a") with { What = "a|b" }]).Should().Contain(@"a\|b");

    private Task<int> RunAsync(IClaim[] claims, params string[] args) => ClaimCommand.RunAsync(args, claims, _output, _errors);

    private static Claim Fixed(string name, double measured) => new(
        name, "what", "at most 1", (_, _) => Task.FromResult(ClaimResult.AtMost(measured, 1, FormattableString.Invariant($"{measured}"))));

    private static ClaimOutcome Outcome(string name) => new()
    {
        Name = name,
        What = "what",
        Bound = "bound",
        Display = "1",
        Held = true,
        Machine = "machine",
        Date = new DateOnly(2026, 1, 1),
    };
}
