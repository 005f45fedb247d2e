using System.Security.Cryptography;
using System.Text;

namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    /// <summary>Files of the store that were changed behind its back; every way to the bytes must refuse.</summary>
    private static IEnumerable<HostileCase> Damage()
    {
        foreach (var (what, spoil) in new (string, Action<string>)[]
        {
            ("cut off", path => Write(path, bytes => bytes[..^1])), ("emptied", path => Write(path, _ => [])), ("a bit flipped", path => Write(path, bytes => [(byte)(bytes[0] ^ 1), .. bytes[1..]])),
            ("longer", path => Write(path, bytes => [.. bytes, 0])), ("a link to another file", path => ReplaceByLink(path, "/etc/passwd")), ("a link to the same bytes", ReplaceByLink), ("a link to nothing", path => ReplaceByLink(path, "/nowhere")),
        })
        {
            yield return Damaged<MlOpsException>($"blob {what}: read", "sha256:", store => store.BlobPath(store.Version.Artifacts[0].Content), spoil, store => store.Artifacts.GetBytesAsync(store.Version.Artifacts[0].Content).AsTask());
            yield return Damaged<MlOpsException>($"blob {what}: registered", "sha256:", store => store.BlobPath(store.Version.Artifacts[0].Content), spoil, store => store.Models.RegisterAsync(store.Draft).AsTask());
            yield return Damaged<MlOpsException>($"blob {what}: signed", "", store => store.BlobPath(store.Version.Artifacts[0].Content), spoil, async store =>
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                await store.Signatures.SignAsync(store.Version.Ref, ModelSigner.FromKey(key));
            });
        }

        foreach (var folder in (string[])["recipes", "packs"])
        {
            foreach (var (what, spoil) in new (string, Action<string>)[]
            {
                ("cut off", path => Write(path, bytes => bytes[..^1])), ("cut to a half", path => Write(path, bytes => bytes[..(bytes.Length / 2)])), ("emptied", path => Write(path, _ => [])),
                ("a bit flipped in its middle", path => Write(path, bytes => [.. bytes[..(bytes.Length / 2)], (byte)(bytes[bytes.Length / 2] ^ 4), .. bytes[((bytes.Length / 2) + 1)..]])),
                ("its head flipped", path => Write(path, bytes => [(byte)(bytes[0] ^ 1), .. bytes[1..]])), ("a link", ReplaceByLink), ("gone", File.Delete),
            })
            {
                // Nobody reads the head of a pack: its chunks are found by the recipe, and each is verified.
                if (folder == "packs" && what == "its head flipped")
                    continue;
                yield return Damaged<MlOpsException>($"{folder} {what}: read", "", store => store.ChunkFiles[folder], spoil, store => store.Artifacts.GetBytesAsync(store.Chunked.Artifacts[0].Content).AsTask());
            }
        }

        yield return Damaged<MlOpsException>("blob cut off: bundle", "", store => store.BlobPath(store.Version.Artifacts[0].Content), path => Write(path, bytes => bytes[..^1]),
            store => store.Bundles.ExportTarAsync(store.Version.Ref, Stream.Null).AsTask());
    }

    /// <summary>Rows that were changed behind the store's back.</summary>
    private static IEnumerable<HostileCase> Rows()
    {
        foreach (var column in (string[])["manifest", "config"])
        {
            yield return Tampered<CorruptDataException>($"{column}: a byte flipped", $"The {column} of churn:1 does not match its digest sha256:*Restore the metadata store from a backup",
                $"SELECT {column} FROM registry_versions WHERE version = 1", bytes => [.. bytes[..40], (byte)(bytes[40] ^ 1), .. bytes[41..]], $"UPDATE registry_versions SET {column} = @bytes WHERE version = 1",
                store => store.Models.GetAsync(store.Version.Ref).AsTask());
            yield return Tampered<CorruptDataException>($"{column}: emptied", "does not match its digest",
                $"SELECT {column} FROM registry_versions WHERE version = 1", _ => [], $"UPDATE registry_versions SET {column} = @bytes WHERE version = 1", store => store.Models.ListAsync("churn").AsTask());
        }

        foreach (var (what, says, spoil) in new (string, string, Func<string, string>)[]
        {
            ("nested 10,000 deep", "The manifest cannot be read", _ => new string('[', 10_000) + new string(']', 10_000)), ("a name that climbs", "a layer of the name '../../../evil', which no artifact can have", text => text.Replace("\"parameters\"", "\"../../../evil\"", StringComparison.Ordinal)),
            ("a size below zero", "size -2", text => text.Replace("\"size\":2,", "\"size\":-2,", StringComparison.Ordinal)), ("a size beyond all bounds", "The manifest cannot be read", text => text.Replace("\"size\":2,", "\"size\":99999999999999999999,", StringComparison.Ordinal)),
            ("a digest that climbs", "digest 'sha256:../../x'", text => text.Replace(ArtifactDigest.Of("{}"u8).ToString(), "sha256:../../x", StringComparison.Ordinal)), ("a key twice", "The manifest cannot be read", text => text.Replace("{\"schemaVersion\":2", "{\"schemaVersion\":2,\"schemaVersion\":2", StringComparison.Ordinal)),
            ("a ninth kind", "the unknown kind 'Nine'", text => text.Replace("\"Parameters\"", "\"Nine\"", StringComparison.Ordinal)), ("a later schema", "schemaVersion 3; this library reads 2", text => text.Replace("{\"schemaVersion\":2", "{\"schemaVersion\":3", StringComparison.Ordinal)),
            ("17 MB", "has 17825792 bytes; at most", _ => new string(' ', 17 << 20)), ("no JSON", "The manifest cannot be read", _ => "manifest"), ("a list", "The manifest cannot be read", _ => "[]"),
        })
        {
            // The digest is right, so that only what the bytes say is wrong.
            yield return Tampered<CorruptDataException>($"manifest: {what}", says, "SELECT manifest FROM registry_versions WHERE version = 1", bytes => Encoding.UTF8.GetBytes(spoil(Encoding.UTF8.GetString(bytes))),
                "UPDATE registry_versions SET manifest = @bytes, manifest_digest = @digest WHERE version = 1", store => store.Bundles.ExportTarAsync(store.Version.Ref, Stream.Null).AsTask());
        }

        foreach (var (what, spoil) in new (string, Func<byte[], byte[]>)[] { ("of another format", bytes => [9, .. bytes[1..]]), ("cut off", bytes => bytes[..^1]), ("emptied", _ => []) })
        {
            yield return Tampered<CorruptDataException>($"metric points: {what}", "A block of metric points has", "SELECT points FROM experiments_points WHERE name = 'loss'", spoil,
                "UPDATE experiments_points SET points = @bytes WHERE name = 'loss'", store => store.Experiments.GetMetricHistoryAsync(store.Parent, "loss").AsTask());
        }

        yield return HostileCase.Of<CorruptDataException>("run: a status that is none", "has the unknown status 'Conquered'", store => Undone(store,
            "UPDATE experiments_runs SET status = 'Conquered' WHERE name = 'child'", "UPDATE experiments_runs SET status = 'Completed' WHERE name = 'child'", () => store.Experiments.GetRunAsync(store.Child).AsTask()));
        yield return HostileCase.Of<CorruptDataException>("run: its own grandparent", "is part of itself", store => Undone(store,
            $"UPDATE experiments_runs SET parent_id = '{store.Child}' WHERE id = '{store.Parent}'", $"UPDATE experiments_runs SET parent_id = NULL WHERE id = '{store.Parent}'", () => store.Experiments.GetRunTreeAsync(store.Parent).AsTask()));
        yield return HostileCase.Of<InvalidInputException>("run: below one that is its own grandparent", "runs deep; at most 32", store => Undone(store,
            $"UPDATE experiments_runs SET parent_id = '{store.Child}' WHERE id = '{store.Parent}'", $"UPDATE experiments_runs SET parent_id = NULL WHERE id = '{store.Parent}'",
            () => store.Experiments.StartRunAsync("x", new RunOptions { ParentRunId = store.Child }).AsTask()));
        yield return HostileCase.Of<InvalidDefinitionException>("schema: of a later version", "has version 99*Update the MlOps packages", store => Undone(store,
            "UPDATE mlops_schema SET version = version + 1000 WHERE area = 'audit'; UPDATE mlops_schema SET version = 99 WHERE area = 'audit'", "UPDATE mlops_schema SET version = 2 WHERE area = 'audit'", async () =>
            {
                await store.CloseAsync();
                try
                {
                    store.Open();
                }
                catch
                {
                    store.Execute("UPDATE mlops_schema SET version = 2 WHERE area = 'audit'");
                    store.Open();
                    throw;
                }
            }));
    }

    private static async Task Undone(HostileStore store, string spoil, string undo, Func<Task> act)
    {
        store.Execute(spoil);
        try
        {
            await act();
        }
        finally
        {
            store.Execute(undo);
        }
    }

    private static HostileCase Tampered<TException>(string name, string says, string read, Func<byte[], byte[]> spoil, string write, Func<HostileStore, Task> act)
        where TException : Exception => HostileCase.Of<TException>("row: " + name, says, async store =>
        {
            var good = store.Column(read);
            var bad = spoil(good);
            Store(bad);
            try
            {
                await act(store);
            }
            finally
            {
                Store(good);
            }

            void Store(byte[] bytes) => store.Execute(write, write.Contains("@digest", StringComparison.Ordinal) ? [("@bytes", bytes), ("@digest", ArtifactDigest.Of(bytes).ToString())] : [("@bytes", bytes)]);
        });

    private static HostileCase Damaged<TException>(string name, string says, Func<HostileStore, string> file, Action<string> spoil, Func<HostileStore, Task> act)
        where TException : Exception => HostileCase.Prepared<TException>(name, says, store =>
        {
            var path = file(store);
            var aside = Path.Combine(Path.GetTempPath(), "mlops-" + Guid.NewGuid().ToString("N"));
            return Task.FromResult(new Attack(
                async () =>
                {
                    File.Copy(path, aside);
                    spoil(path);
                    await act(store);
                },
                () =>
                {
                    File.Delete(path);
                    File.Delete(path + ".real");
                    File.Move(aside, path);
                }));
        });

    private static void Write(string path, Func<byte[], byte[]> spoil) => File.WriteAllBytes(path, spoil(File.ReadAllBytes(path)));

    private static void ReplaceByLink(string path)
    {
        File.Move(path, path + ".real");
        File.CreateSymbolicLink(path, path + ".real");
    }

    private static void ReplaceByLink(string path, string target)
    {
        File.Delete(path);
        File.CreateSymbolicLink(path, target);
    }
}
