using System.IO.Compression;
using System.Xml.Linq;

namespace MlOps.Packaging;

/// <summary>A .nupkg or .snupkg, read.</summary>
internal sealed class PackageFile
{
    private readonly Dictionary<string, byte[]> _entries = new(StringComparer.Ordinal);

    public PackageFile(string path)
    {
        Path = path;
        using var zip = ZipFile.OpenRead(path);
        foreach (var entry in zip.Entries)
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            _entries[entry.FullName] = bytes.ToArray();
        }

        Nuspec = XDocument.Parse(Text(_entries.Keys.Single(name => name.EndsWith(".nuspec", StringComparison.Ordinal))));
    }

    public string Path { get; }

    public XDocument Nuspec { get; }

    public IReadOnlyCollection<string> Entries => _entries.Keys;

    public IEnumerable<(string Id, string Version)> Dependencies =>
        Nuspec.Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(element => ((string)element.Attribute("id")!, (string)element.Attribute("version")!));

    public string Text(string entry)
    {
        using var reader = new StreamReader(new MemoryStream(_entries[entry]));
        return reader.ReadToEnd();
    }

    public byte[] Bytes(string entry) => _entries[entry];

    public string? Metadata(string name) => Nuspec.Descendants().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
}
