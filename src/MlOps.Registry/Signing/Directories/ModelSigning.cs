namespace MlOps.Registry;

/// <summary>
/// Signs and verifies directories of files in the format of OpenSSF Model Signing v1.0 (method <c>files</c>, SHA-256), so that what
/// <c>model_signing</c> signs is verified here and the other way round. Works without any environment and without a network.
/// </summary>
public static class ModelSigning
{
    /// <summary>Signs the files of a directory, or a single file.</summary>
    /// <param name="path">The directory or file.</param>
    /// <param name="signer">Whose key.</param>
    /// <param name="options">How files are listed; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The bundle; write <see cref="SigstoreBundle.ToJson"/> to <c>model.sig</c> in the directory.</returns>
    /// <exception cref="NotFoundException">There is nothing at the path, or no file in the directory.</exception>
    /// <exception cref="InvalidInputException">The directory holds a link that may not be followed.</exception>
    public static async ValueTask<SigstoreBundle> SignDirectoryAsync(
        string path, IModelSigner signer, DirectorySigningOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(signer);
        options ??= new DirectorySigningOptions();
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var files = ModelFiles.List(full, options.IgnorePaths, options.AllowSymlinks);
        if (files.Count == 0)
            throw new NotFoundException($"There is no file to sign in '{full}'.");
        var resources = new List<SignedResource>(files.Count);
        foreach (var (name, file) in files)
            resources.Add(new SignedResource(name, await ModelFiles.HashAsync(file, cancellationToken).ConfigureAwait(false)));
        var model = new SignedModel(Path.GetFileName(full), resources, options.IgnorePaths, options.AllowSymlinks);
        return await SigstoreBundle.SignAsync(SignedModel.Read(model.ToStatement()).ToStatement(), signer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Verifies the files of a directory, or a single file, against a bundle. Files added, missing, renamed or changed since are refused.</summary>
    /// <param name="path">The directory or file.</param>
    /// <param name="bundle">The bundle, JSON in UTF-8.</param>
    /// <param name="policy">Whose signature counts; <see cref="SignaturePolicy.MinimumSigners"/> plays no part for a single bundle.</param>
    /// <param name="options">More paths to leave out, and the moment at which certificates must be valid; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found: accepted with the files covered, or refused with the reason.</returns>
    public static async ValueTask<SignatureFinding> VerifyDirectoryAsync(
        string path, ReadOnlyMemory<byte> bundle, SignaturePolicy policy, DirectorySigningOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(policy);
        options ??= new DirectorySigningOptions();
        SignedModel? signed = null;
        var finding = BundleVerifier.Verify(bundle, policy, options.At ?? options.Clock.GetUtcNow(), statement =>
        {
            signed = SignedModel.Read(statement);
            return ([.. signed.Resources.Select(resource => resource.Name)], null);
        });
        if (signed is null || !finding.Accepted)
            return finding;
        try
        {
            return await FindDifferenceAsync(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), signed, options, cancellationToken).ConfigureAwait(false) is { } difference
                ? finding with { Accepted = false, Covered = [], Reason = difference }
                : finding;
        }
        catch (Exception error) when (error is InvalidInputException or NotFoundException or IOException or UnauthorizedAccessException)
        {
            return finding with { Accepted = false, Covered = [], Reason = error.Message };
        }
    }

    private static async ValueTask<string?> FindDifferenceAsync(string path, SignedModel signed, DirectorySigningOptions options, CancellationToken cancellationToken)
    {
        var files = ModelFiles.List(path, [.. signed.IgnorePaths, .. options.IgnorePaths], signed.AllowSymlinks);
        var found = new Dictionary<string, string>(files.Count, StringComparer.Ordinal);
        var wanted = signed.Resources.ToDictionary(resource => resource.Name, resource => resource.Sha256, StringComparer.Ordinal);

        // Names first: nothing is read for hours only to say that a file is missing, and nothing unsigned is opened at all.
        foreach (var name in files.Keys)
            found.Add(name, wanted.GetValueOrDefault(name, ""));
        if (ResourceDifference.Find(signed.Resources, found) is { } names)
            return $"the files of '{path}' are not those that were signed: {names}";
        foreach (var (name, file) in files)
            found[name] = await ModelFiles.HashAsync(file, cancellationToken).ConfigureAwait(false);
        return ResourceDifference.Find(signed.Resources, found) is { } contents ? $"the files of '{path}' are not those that were signed: {contents}" : null;
    }
}
