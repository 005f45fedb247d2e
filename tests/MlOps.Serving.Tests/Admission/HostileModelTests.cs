namespace MlOps.Serving.Tests.Admission;

public sealed class HostileModelTests
{
    private static readonly ModelAdmissionOptions Options = new();

    [Fact]
    public void Families_Together_AreMoreThanThreeHundredFiles()
    {
        var names = HostileModels.All.Select(model => model.Name).ToList();
        names.Should().HaveCountGreaterThan(300).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Decide_CraftedFiles_MeetTheirFateAndLeaveTheHostAlive()
    {
        using var folder = new TemporaryDirectory();
        using var sieve = new HostileSieve(folder["."], Options);
        var wrong = new List<string>();
        foreach (var model in HostileModels.All)
        {
            var (end, why) = await sieve.DecideAsync(model.File);
            var loaded = end is "proven" or "passed" && HostileSieve.LoadHere(model.File);
            if (model.Fate switch { HostileFate.Walk => end != "walk", HostileFate.Refused => end == "passed" || loaded, _ => false })
                wrong.Add($"{model.Name}: {end}, {why}");
            if (end is "walk" or "trial" && why.Length < 20)
                wrong.Add($"{model.Name} is refused without a reason: {why}");
        }

        wrong.Should().BeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Decide_MutatedFiles_LeaveTheHostAlive(int seed)
    {
        using var folder = new TemporaryDirectory();
        using var sieve = new HostileSieve(folder["."], Options);
        var mutator = new HostileMutator(seed);
        var ends = new Dictionary<string, int>();
        for (var i = 0; i < 1000; i++)
        {
            var file = mutator.Next();
            var (end, _) = await sieve.DecideAsync(file);
            if (end is "proven" or "passed")
                HostileSieve.LoadHere(file);
            ends[end] = ends.GetValueOrDefault(end) + 1;
        }

        ends.Keys.Should().BeEquivalentTo(["walk", "trial", "proven", "passed"], "the mutants must reach every gate for this to say something");
    }

    [Fact]
    public async Task Decide_SeedsOfMutation_Pass()
    {
        using var folder = new TemporaryDirectory();
        using var sieve = new HostileSieve(folder["."], Options);
        foreach (var (name, file) in HostileModels.Seeds)
        {
            (await sieve.DecideAsync(file)).End.Should().BeOneOf(["proven", "passed"], name);
            HostileSieve.LoadHere(file).Should().BeTrue(name);
        }
    }

    [Fact]
    public void Walk_ThroughAWindow_DecidesAsOverTheWholeFile()
    {
        // Larger than the window, with nodes, tensors and names on both sides of its edges.
        var file = OnnxModels.Mlp(1, 300, 900, 900, 40);
        file.Length.Should().BeGreaterThan(3 << 20);
        ModelAdmission.Check(new ProtoSource(new MemoryStream(file)), Options).Should().BeTrue();
        foreach (var model in HostileModels.All.Where(model => model.File.Length > 1 << 20))
        {
            string whole = Decide(new ProtoSource(model.File)), windowed = Decide(new ProtoSource(new MemoryStream(model.File)));
            windowed.Should().Be(whole, model.Name);
        }
    }

    private static string Decide(ProtoSource source)
    {
        try
        {
            return ModelAdmission.Check(source, Options).ToString();
        }
        catch (InvalidInputException e)
        {
            return e.Message;
        }
    }
}
