using System.Security.Cryptography;
using System.Text;

namespace MlOps.Registry.Tests;

internal static partial class HostileCases
{
    /// <summary>Signatures and bundles from elsewhere. What bundles may hold besides is tried in <see cref="HostileLayoutTests"/> and its neighbours.</summary>
    private static IEnumerable<HostileCase> Documents()
    {
        foreach (var (what, bytes) in new (string, Func<byte[]>)[]
        {
            ("nothing", () => []), ("garbage", () => "signature"u8.ToArray()), ("nested 10,000 deep", () => Encoding.ASCII.GetBytes(new string('[', 10_000))), ("10 MB", () => Encoding.ASCII.GetBytes(Megabytes)), ("a list", () => "[]"u8.ToArray()), ("empty", () => "{}"u8.ToArray()),
            ("invalid UTF-8", () => [.. "{\"mediaType\":\""u8, 0xFF, .. "\"}"u8]), ("another media type", () => """{"mediaType":"text/plain\u202E"}"""u8.ToArray()),
            ("a key twice", () => """{"mediaType":"a","mediaType":"b"}"""u8.ToArray()),
        })
        {
            yield return HostileCase.Of<InvalidInputException>($"signature: {what}", "ignature bundle", store => store.Signatures.AddAsync(store.Version.Ref, bytes()).AsTask());
        }

        yield return HostileCase.Prepared<InvalidInputException>("signature: of another version", "does not belong to churn:2", async store =>
        {
            var stored = (await store.Signatures.ListAsync(store.Version.Ref))[0];
            return new Attack(() => store.Signatures.AddAsync(store.Chunked.Ref, stored.Bundle).AsTask());
        });
        yield return HostileCase.Of<InvalidInputException>("export: into a directory with content", "has content already", store => store.Signatures.ExportAsync(store.Version.Ref, store.Root).AsTask());

        foreach (var (what, spoil) in new (string, Func<string, Task>)[]
        {
            ("a blob cut off", folder => Spoil(folder, "blobs", bytes => bytes[..^1])), ("a blob flipped", folder => Spoil(folder, "blobs", bytes => [(byte)(bytes[0] ^ 1), .. bytes[1..]])),
            ("an index that lies about sizes", folder => Spoil(folder, "index.json", bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("\"size\":", "\"size\":1", StringComparison.Ordinal)))),
            ("an index that climbs", folder => Spoil(folder, "index.json", bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("sha256:", "sha256:../../", StringComparison.Ordinal)))),
            ("an index of garbage", folder => Spoil(folder, "index.json", _ => "index"u8.ToArray())),
            ("a link for a blob", folder => { ReplaceByLink(Smallest(folder, "blobs"), "/etc/passwd"); return Task.CompletedTask; }),
        })
        {
            yield return HostileCase.Prepared<MlOpsException>($"bundle: {what}", "", async store =>
            {
                var folder = Directory.CreateTempSubdirectory("mlops-test-").FullName;
                await store.Bundles.ExportAsync(store.Version.Ref, Path.Combine(folder, "bundle"));
                await spoil(Path.Combine(folder, "bundle"));
                return new Attack(() => store.Bundles.ImportAsync(Path.Combine(folder, "bundle"), new BundleImportOptions { Model = "imported" }).AsTask(), () => Directory.Delete(folder, recursive: true));
            });
        }

        yield return HostileCase.Of<MlOpsException>("bundle: an archive of garbage", "", store => store.Bundles.ImportTarAsync(new MemoryStream(RandomNumberGenerator.GetBytes(100_000))).AsTask());
        yield return HostileCase.Prepared<MlOpsException>("bundle: an archive cut off", "", async store =>
        {
            var archive = new MemoryStream();
            await store.Bundles.ExportTarAsync(store.Version.Ref, archive);
            return new Attack(() => store.Bundles.ImportTarAsync(new MemoryStream(archive.ToArray()[..1500]), new BundleImportOptions { Model = "imported" }).AsTask());
        });
        yield return HostileCase.Prepared<InvalidInputException>("bundle: for a model that climbs", "cannot be imported as '../x'", async store =>
        {
            var archive = new MemoryStream();
            await store.Bundles.ExportTarAsync(store.Version.Ref, archive);
            return new Attack(() => store.Bundles.ImportTarAsync(new MemoryStream(archive.ToArray()), new BundleImportOptions { Model = "../x" }).AsTask());
        });
    }

    private static string Smallest(string folder, string name) =>
        File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : Directory.GetFiles(Path.Combine(folder, name), "*", SearchOption.AllDirectories).OrderBy(path => new FileInfo(path).Length).First();

    private static Task Spoil(string folder, string name, Func<byte[], byte[]> spoil)
    {
        Write(Smallest(folder, name), spoil);
        return Task.CompletedTask;
    }
}
