namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    /// <summary>What lies in the environment's directory when it is opened.</summary>
    private static IEnumerable<HostileCase> Files()
    {
        foreach (var name in (string[])["environment.json", "metadata.db"])
        {
            yield return Opened<CorruptDataException>($"{name}: a link", "is a symbolic link, which the store never makes", store => Swapped(Path.Combine(store.Root, name), ReplaceByLink));
            yield return Opened<CorruptDataException>($"{name}: a link to nothing", "is a symbolic link", store => Swapped(Path.Combine(store.Root, name), path => ReplaceByLink(path, "/nowhere/at/all")));
        }

        foreach (var folder in (string[])["artifacts", "artifacts/blobs", "artifacts/blobs/sha256", "artifacts/packs", "artifacts/temporary"])
        {
            yield return Opened<CorruptDataException>($"{folder}: a link", "is a symbolic link", store =>
            {
                var path = Path.Combine(store.Root, folder);
                var elsewhere = Directory.CreateTempSubdirectory("mlops-test-").FullName;
                Directory.Move(path, path + ".real");
                Directory.CreateSymbolicLink(path, elsewhere);
                return () =>
                {
                    Directory.GetFileSystemEntries(elsewhere).Should().BeEmpty("nothing was written through the link");
                    Directory.Delete(path);
                    Directory.Delete(elsewhere);
                    Directory.Move(path + ".real", path);
                };
            });
        }

        foreach (var (what, text) in new (string, string)[]
        {
            ("garbage", "environment"), ("empty", ""), ("null", "null"), ("without a name", "{}"), ("10 MB", Megabytes), ("nested 10,000 deep", new string('[', 10_000)), ("a list", "[]"), ("a number for a name", """{"format":1,"environment":7,"kind":"Sandbox","created":"2001-01-01T00:00:00Z"}"""),
            ("invalid UTF-8", "{\"format\":1,\"environment\":\"\uFFFF"),
        })
        {
            yield return Opened<CorruptDataException>($"environment.json: {what}", "The environment stamp '*environment.json'*Restore it from a backup".Replace("Restore", "estore", StringComparison.Ordinal), store =>
                Swapped(Path.Combine(store.Root, "environment.json"), path => File.WriteAllText(path, text)));
        }

        yield return Opened<InvalidDefinitionException>("environment.json: of a later format", "has format 9; this library reads formats up to 1. Update", store => Swapped(
            Path.Combine(store.Root, "environment.json"), path => File.WriteAllText(path, """{"format":9,"environment":"sandbox","kind":"Sandbox","created":"2001-01-01T00:00:00Z"}""")));
        yield return Opened<EnvironmentIsolationException>("environment.json: of another environment", "belongs to environment 'production' and cannot be opened as 'sandbox'", store => Swapped(
            Path.Combine(store.Root, "environment.json"), path => File.WriteAllText(path, """{"format":1,"environment":"production","kind":"Sandbox","created":"2001-01-01T00:00:00Z"}""")));
        yield return Opened<CorruptDataException>("metadata.db: garbage", "metadata.db'*restore it from a backup", store => Swapped(Path.Combine(store.Root, "metadata.db"), path => File.WriteAllBytes(path, [.. Enumerable.Repeat((byte)'x', 8192)])));
        yield return Opened<CorruptDataException>("metadata.db: its head flipped", "metadata.db'", store => Swapped(Path.Combine(store.Root, "metadata.db"), path => Write(path, bytes => [(byte)(bytes[0] ^ 1), .. bytes[1..]])));
        yield return Opened<MlOpsException>("metadata.db: cut to a page", "metadata.db'", store => Swapped(Path.Combine(store.Root, "metadata.db"), path => Write(path, bytes => bytes[..4096])));
    }

    private static Action Swapped(string path, Action<string> spoil)
    {
        var aside = Path.Combine(Path.GetTempPath(), "mlops-" + Guid.NewGuid().ToString("N"));
        File.Copy(path, aside);
        spoil(path);
        return () =>
        {
            File.Delete(path);
            File.Delete(path + ".real");
            File.Move(aside, path);
        };
    }

    private static HostileCase Opened<TException>(string name, string says, Func<HostileStore, Action> spoil)
        where TException : Exception => HostileCase.Of<TException>(name, says, async store =>
        {
            await store.CloseAsync();
            var undo = spoil(store);
            try
            {
                store.Open();
                await store.CloseAsync();
            }
            finally
            {
                undo();
                store.Open();
            }
        });
}
