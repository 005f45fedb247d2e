using MlOps.Testing;

namespace MlOps.Crash.Tests;

/// <summary>Each file call of the store's story fails once in each way; the caller is refused and tries again.</summary>
public sealed class FailingCallTests : IDisposable
{
    private readonly FastDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(nameof(FaultKind.InputOutput), "(error 5)")]
    [InlineData(nameof(FaultKind.NoSpace), "(error 28)")]
    [InlineData(nameof(FaultKind.Quota), "(error 122)")]
    [InlineData(nameof(FaultKind.ShortWrite), "(error 28)")]
    public async Task Store_WithEachFileCallFailingOnce_RefusesClearlyAndGoesOn(string kind, string reason)
    {
        var refused = 0;
        var call = 1;
        for (; ; call++)
        {
            var files = new FaultyFileSystem { FailAt = call, FailKind = Enum.Parse<FaultKind>(kind) };
            var story = new StoreStory(Directory.CreateDirectory(Path.Combine(_directory.Path, $"call{call}")).FullName, files);
            await story.TellAsync();
            if (files.Calls < call)
                break;

            story.Refused.Should().HaveCountLessThanOrEqualTo(1, $"call {call} fails once");
            foreach (var error in story.Refused)
                error.Message.Should().Contain(reason);
            refused += story.Refused.Count;
            // Acknowledged after a fault means durable, too: the machine loses its power right afterwards.
            var after = files.Crash(new Random(call));
            (await RegistryCheck.RunAsync(story.Source, story.Acknowledged, files: after)).Should().BeEmpty($"call {call}");
            (await RegistryCheck.RunAsync(story.Target, story.Copied, files: after, name: "staging")).Should().BeEmpty($"call {call}");
            story.Acknowledged.Versions.Should().HaveCount(2);
            story.Copied.Versions.Should().HaveCount(1);
            Directory.Delete(Path.Combine(_directory.Path, $"call{call}"), recursive: true);
        }

        call.Should().BeGreaterThan(100);
        refused.Should().BeGreaterThan(call / 2, "most calls cannot fail unnoticed");
    }
}
