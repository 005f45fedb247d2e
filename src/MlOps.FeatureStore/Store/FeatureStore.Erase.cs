namespace MlOps.Features;

internal sealed partial class FeatureStore : IOfflineStore
{
    /// <inheritdoc />
    public IOfflineStore Offline => this;

    /// <inheritdoc />
    public async ValueTask EraseAsync(string view, IReadOnlyList<string> key, CancellationToken cancellationToken = default)
    {
        _context.Access.Require(EnvironmentPermission.ManageFeatures, $"an entity of feature view '{view}'");
        ArgumentNullException.ThrowIfNull(key);
        var definition = ViewOf(view, FeatureUse.Write);
        if (key.Count != definition.Keys.Count || key.Any(part => part is null))
            throw new InvalidInputException(
                $"Feature view '{view}' has the key ({string.Join(", ", definition.Keys.Select(part => part.Name))}); {key.Count} part(s) were given. Pass one text for each, in that order.");
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        string[] parts = [.. key];
        // Serving first: what is read now counts more than what is read in training.
        await _online[view].EraseAsync(parts, cancellationToken).ConfigureAwait(false);
        await _offline[view].EraseAsync(parts, cancellationToken).ConfigureAwait(false);
        SkewAudit.Erase(view, parts, cancellationToken);
        await _quarantine.EraseAsync(view, rows => HoldsKey(definition, rows, parts), cancellationToken).ConfigureAwait(false);
        await _catalogue.ForgetStatisticsAsync(definition, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    async ValueTask<CompactionResult> IOfflineStore.CompactAsync(string view, bool whole, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Operate, $"segments of feature view '{view}'");
        var offline = _offline[ViewOf(view, FeatureUse.Metadata).Name];
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await offline.CompactAsync(whole, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    async ValueTask<OfflineVerification> IOfflineStore.VerifyAsync(string view, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Operate, $"segments of feature view '{view}'");
        var offline = _offline[ViewOf(view, FeatureUse.Metadata).Name];
        await EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return await offline.VerifyAsync(cancellationToken).ConfigureAwait(false);
    }

    // By text, as keys are stored: a number in the frame is the text of its digits.
    private static bool HoldsKey(FeatureView view, DataFrame rows, string[] key)
    {
        if (view.Keys.Any(part => !rows.HasColumn(part.Column)))
            return false;
        for (var row = 0; row < rows.RowCount; row++)
        {
            var same = true;
            for (var p = 0; p < key.Length && same; p++)
                same = Convert.ToString(rows[view.Keys[p].Column].GetValue(row), System.Globalization.CultureInfo.InvariantCulture) == key[p];
            if (same)
                return true;
        }

        return false;
    }
}
