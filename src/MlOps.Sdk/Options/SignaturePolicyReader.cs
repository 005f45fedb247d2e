using MlOps.Registry;

namespace MlOps;

/// <summary>Makes a signature policy from options, and lists everything that is wrong with them.</summary>
internal static class SignaturePolicyReader
{
    private const int LargestFile = 64 << 10;

    public static SignaturePolicy Read(SignatureOptions options, string key, List<string> mistakes)
    {
        var keys = new List<TrustedKey>();
        foreach (var (name, text) in options.TrustedKeys.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Try($"{key}:TrustedKeys:{name}", text, mistakes, pem => keys.Add(new TrustedKey(name, pem)));
        var roots = new List<TrustedRoot>();
        foreach (var (name, root) in options.TrustedRoots.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Try($"{key}:TrustedRoots:{name}:Certificate", root.Certificate, mistakes, pem => roots.Add(new TrustedRoot(name, pem, root.Subjects)));
        var trustsNobody = options.TrustedKeys.Count == 0 && options.TrustedRoots.Count == 0;
        var policy = new SignaturePolicy
        {
            Keys = keys,
            Roots = roots,
            MinimumSigners = options.MinimumSigners,
            RequireProvenance = options.RequireProvenance,
            RequiredAt = options.RequiredAt ?? (trustsNobody ? SignaturePoints.None : SignaturePoints.All),
        };
        if (trustsNobody && options.RequiredAt is null && (options.RequireProvenance || options.MinimumSigners != 1))
            mistakes.Add($"{key} asks for signatures, but trusts no key and no root: name one under TrustedKeys or TrustedRoots.");

        // A key that cannot be read is told once, and not again as a key that is missing.
        else if (keys.Count == options.TrustedKeys.Count && roots.Count == options.TrustedRoots.Count)
            mistakes.AddRange(policy.FindMistakes().Select(mistake => $"{key}: {mistake}"));
        return policy;
    }

    private static void Try(string key, string? text, List<string> mistakes, Action<string> add)
    {
        try
        {
            add(ReadText(text));
        }
        catch (Exception error) when (error is InvalidInputException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{key}: {error.Message}");
        }
    }

    private static string ReadText(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new InvalidInputException("It is empty: give PEM text, or the path of a PEM file.");
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
            return text;
        var path = Path.GetFullPath(text.Trim());
        if (!File.Exists(path))
            throw new InvalidInputException($"There is no file '{path}', and the text is no PEM ('-----BEGIN ...'). Give PEM text, or the path of a PEM file.");
        return new FileInfo(path).Length <= LargestFile
            ? File.ReadAllText(path)
            : throw new InvalidInputException($"The file '{path}' has more than {LargestFile} bytes: give a PEM file.");
    }
}
