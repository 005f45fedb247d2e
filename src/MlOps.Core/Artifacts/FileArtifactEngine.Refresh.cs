namespace MlOps.Artifacts;

internal sealed partial class FileArtifactEngine
{
    // A collection spares what is younger than an hour at least; so young a blob needs no new time before it is referred to.
    private static readonly TimeSpan YoungFor = TimeSpan.FromMinutes(10);

    public ValueTask<bool> RefreshAsync(ArtifactDigest digest, CancellationToken cancellationToken = default)
    {
        // Several looks: between two of them a collection may move it aside, and put it back.
        for (var attempt = 0; attempt < 4; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRefresh(digest, PathOf(digest), isRecipe: false) || TryRefresh(digest, RecipePathOf(digest), isRecipe: true))
                return ValueTask.FromResult(true);
            // What is aside was found old; whoever puts it back and makes it young has asked in time.
            if (_files.FileExists(CondemnedPathOf(digest)))
                Pardon(CondemnedPathOf(digest), PathOf(digest));
            foreach (var aside in AsideOf(digest.Hex))
                Pardon(aside, RecipePathOf(digest));
        }

        return ValueTask.FromResult(false);
    }

    private bool TryRefresh(ArtifactDigest digest, string path, bool isRecipe)
    {
        try
        {
            if (!_files.FileExists(path) || _files.IsLink(path))
                return false;
            // Reading the time takes one version of the file: a collection that moves it aside later finds it as young as it is here.
            var age = _clock.GetUtcNow() - _files.LastWriteTime(path);
            if (age > YoungFor || age < -YoungFor)
            {
                if (isRecipe)
                {
                    using var recipe = Recipe.Open(_files, path, digest);
                    if (!Protect(recipe.Packs))
                        return false;
                }

                _files.Touch(path);
            }

            return IsDurablyThere(digest, path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or CorruptDataException)
        {
            return false;
        }
    }
}
