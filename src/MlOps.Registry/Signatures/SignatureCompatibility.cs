using System.Globalization;

namespace MlOps.Registry;

/// <summary>
/// Whether callers of one signature can call another. Inputs may accept more and outputs may promise more; everything else breaks somebody.
/// Promotion asks this of the target's champion and the version that is to replace it.
/// </summary>
public sealed record SignatureCompatibility
{
    private SignatureCompatibility(IReadOnlyList<SignatureChange> changes) => Changes = changes;

    /// <summary>No change.</summary>
    public static SignatureCompatibility None { get; } = new([]);

    /// <summary>All changes, in the order of the signature.</summary>
    public IReadOnlyList<SignatureChange> Changes { get; }

    /// <summary>The changes that break callers.</summary>
    public IReadOnlyList<SignatureChange> Breaking => [.. Changes.Where(change => change.IsBreaking)];

    /// <summary>The changes that break nobody.</summary>
    public IReadOnlyList<SignatureChange> Harmless => [.. Changes.Where(change => !change.IsBreaking)];

    /// <summary>Whether callers of the older signature can call the newer one.</summary>
    public bool IsCompatible => Changes.All(change => !change.IsBreaking);

    /// <summary>Compares two signatures.</summary>
    /// <param name="older">What callers know, for instance the champion's.</param>
    /// <param name="newer">What is to replace it.</param>
    /// <returns>The changes.</returns>
    public static SignatureCompatibility Check(ModelSignature older, ModelSignature newer)
    {
        ArgumentNullException.ThrowIfNull(older);
        ArgumentNullException.ThrowIfNull(newer);
        var changes = new List<SignatureChange>();
        CompareTensors("input", older.Inputs, newer.Inputs, isInput: true, changes);
        CompareTensors("output", older.Outputs, newer.Outputs, isInput: false, changes);
        CompareFeatures(older.Features, newer.Features, changes);
        CompareSpecs(older, newer, changes);
        return new SignatureCompatibility(changes);
    }

    private static void CompareTensors(
        string role, IReadOnlyList<TensorSpec> older, IReadOnlyList<TensorSpec> newer, bool isInput, List<SignatureChange> changes)
    {
        var byName = newer.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var before in older)
        {
            var subject = $"{role} '{NameRules.Shown(before.Name)}'";
            if (!byName.TryGetValue(before.Name, out var after))
                changes.Add(new SignatureChange(subject, $"is gone. {NearestNames.Describe(NameRules.Shown(before.Name), newer.Select(tensor => NameRules.Shown(tensor.Name)))}", true));
            else if (before.ElementType != after.ElementType)
                changes.Add(new SignatureChange(subject, $"is of {after.ElementType} instead of {before.ElementType}", true));
            else if (CompareShapes(before.Shape, after.Shape, isInput) is var (how, isBreaking))
                changes.Add(new SignatureChange(subject, $"has shape [{string.Join(",", after.Shape)}] instead of [{string.Join(",", before.Shape)}]: {how}", isBreaking));
        }

        var known = older.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var added in newer.Where(tensor => !known.Contains(tensor.Name)))
            changes.Add(new SignatureChange($"{role} '{NameRules.Shown(added.Name)}'", isInput ? "is new, and callers do not give it" : "is new", isInput));
    }

    /// <summary>Null for equal shapes; symbols differ in name only.</summary>
    private static (string How, bool IsBreaking)? CompareShapes(IReadOnlyList<string> older, IReadOnlyList<string> newer, bool isInput)
    {
        var (anyBefore, anyAfter) = (older is [OnnxModelReader.UnknownRank], newer is [OnnxModelReader.UnknownRank]);
        if (anyBefore && anyAfter)
            return null;
        if (anyBefore || anyAfter)
            return Moved(narrowed: anyBefore);
        if (older.Count != newer.Count)
            return ($"{newer.Count} dimensions instead of {older.Count}", true);
        (bool Narrowed, bool Widened) seen = default;
        foreach (var (before, after) in older.Zip(newer))
        {
            var (wasFixed, isFixed) = (IsNumber(before), IsNumber(after));
            if (wasFixed && isFixed && before != after)
                return ($"{after} instead of {before}", true);
            seen = (seen.Narrowed || (!wasFixed && isFixed), seen.Widened || (wasFixed && !isFixed));
        }

        return seen switch
        {
            (false, false) => null,
            (true, true) => ("a dimension is fixed that varied, and one varies that was fixed", true),
            _ => Moved(seen.Narrowed),
        };

        // A narrower input refuses what callers send; a wider output surprises them.
        (string, bool) Moved(bool narrowed) => narrowed
            ? ("a dimension is fixed that varied", isInput)
            : ("a dimension varies that was fixed", !isInput);
    }

    private static void CompareFeatures(IReadOnlyList<string> older, IReadOnlyList<string> newer, List<SignatureChange> changes)
    {
        if (older.Count == 0 || newer.Count == 0 || older.SequenceEqual(newer, StringComparer.Ordinal))
            return;
        var (gone, added) = (older.Except(newer, StringComparer.Ordinal).ToArray(), newer.Except(older, StringComparer.Ordinal).ToArray());
        foreach (var name in gone)
            changes.Add(new SignatureChange($"feature '{NameRules.Shown(name)}'", $"is gone. {NearestNames.Describe(NameRules.Shown(name), newer.Select(NameRules.Shown))}", true));
        foreach (var name in added)
            changes.Add(new SignatureChange($"feature '{NameRules.Shown(name)}'", "is new, and callers do not give it", true));
        if (gone.Length > 0 || added.Length > 0)
            return;
        var at = older.Zip(newer).TakeWhile(pair => pair.First == pair.Second).Count();
        changes.Add(new SignatureChange(
            string.Create(CultureInfo.InvariantCulture, $"feature {at + 1}"),
            $"is '{NameRules.Shown(newer.ElementAtOrDefault(at))}' instead of '{NameRules.Shown(older.ElementAtOrDefault(at))}': the order differs", true));
    }

    private static void CompareSpecs(ModelSignature older, ModelSignature newer, List<SignatureChange> changes)
    {
        var byName = newer.Specs.ToDictionary(spec => spec.Name, StringComparer.Ordinal);
        var outputs = older.Outputs.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var before in older.Specs)
        {
            var subject = $"'{NameRules.Shown(before.Name)}'";
            if (!byName.TryGetValue(before.Name, out var after))
            {
                changes.Add(new SignatureChange(subject, "is no longer described", false));
                continue;
            }

            CompareText(subject, "type", before.Type, after.Type, changes);
            CompareText(subject, "unit", before.Unit, after.Unit, changes);
            CompareCategories(subject, before.Categories, after.Categories, outputs.Contains(before.Name), changes);
            if (before.Nullable is { } was && after.Nullable is { } can && was != can)
            {
                var isOutput = outputs.Contains(before.Name);
                changes.Add(new SignatureChange(subject, can ? "may be missing now" : "may not be missing any more", isOutput ? can : was));
            }

            if (before.Description != after.Description)
                changes.Add(new SignatureChange(subject, "has another description", false));
        }

        foreach (var added in newer.Specs.Where(spec => older.Specs.All(known => known.Name != spec.Name)))
            changes.Add(new SignatureChange($"'{NameRules.Shown(added.Name)}'", "is described for the first time", false));
    }

    private static void CompareText(string subject, string what, string before, string after, List<SignatureChange> changes)
    {
        if (before == after)
            return;
        var isBreaking = before.Length > 0 && after.Length > 0;
        changes.Add(new SignatureChange(subject, isBreaking
            ? $"has the {what} '{NameRules.Shown(after)}' instead of '{NameRules.Shown(before)}'"
            : before.Length == 0 ? $"declares the {what} '{NameRules.Shown(after)}'" : $"no longer declares the {what} '{NameRules.Shown(before)}'", isBreaking));
    }

    private static void CompareCategories(string subject, IReadOnlyList<string> before, IReadOnlyList<string> after, bool isOutput, List<SignatureChange> changes)
    {
        if (before.SequenceEqual(after, StringComparer.Ordinal))
            return;
        if (before.Count == 0 || after.Count == 0)
        {
            // From anything to a list narrows what callers may send; the reverse widens it.
            changes.Add(new SignatureChange(subject, before.Count == 0 ? $"takes only {after.Count} categories now" : "takes any category now", before.Count == 0 ? !isOutput : isOutput));
            return;
        }

        var (gone, added) = (before.Except(after, StringComparer.Ordinal).ToArray(), after.Except(before, StringComparer.Ordinal).ToArray());
        if (gone.Length > 0)
            changes.Add(new SignatureChange(subject, $"lost {Listed(gone)}", true));
        if (added.Length > 0)
            changes.Add(new SignatureChange(subject, $"gained {Listed(added)}", isOutput));
        var (common, reordered) = (before.Where(after.Contains).ToArray(), after.Where(before.Contains).ToArray());
        if (!common.SequenceEqual(reordered, StringComparer.Ordinal))
            changes.Add(new SignatureChange(subject, "has its categories in another order: their codes differ", true));
        else if (gone.Length == 0 && added.Length > 0 && !after.Take(before.Count).SequenceEqual(before, StringComparer.Ordinal))
            changes.Add(new SignatureChange(subject, "has new categories before old ones: their codes differ", true));
    }

    private static string Listed(string[] categories) =>
        $"the categor{(categories.Length == 1 ? "y" : "ies")} {string.Join(", ", categories.Take(5).Select(category => $"'{NameRules.Shown(category)}'"))}" +
        (categories.Length > 5 ? $" and {categories.Length - 5} more" : "");

    private static bool IsNumber(string dimension) => long.TryParse(dimension, NumberStyles.Integer, CultureInfo.InvariantCulture, out _);
}
