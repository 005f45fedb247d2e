using System.Security.Cryptography;
using System.Text;

namespace MlOps.Features;

/// <summary>A service whose views and features were found: key columns, feature numbers, names, hash.</summary>
internal sealed class BoundService
{
    public BoundService(FeatureService service, IReadOnlyDictionary<string, FeatureView> views)
    {
        Service = service;
        var mistakes = new List<string>();
        var parts = new List<BoundView>();
        foreach (var use in service.Views)
        {
            if (!views.TryGetValue(use.View, out var view))
            {
                mistakes.Add($"it uses view '{use.View}', which is not declared. {NearestNames.Describe(use.View, views.Keys)}");
                continue;
            }

            foreach (var key in use.Keys.Keys.Where(key => view.Keys.All(known => known.Name != key)))
                mistakes.Add($"it maps key '{key}' of view '{use.View}', whose keys are {string.Join(", ", view.Keys.Select(known => $"'{known.Name}'"))}");
            var names = use.Features ?? view.FeatureNames;
            var numbers = new List<int>();
            foreach (var name in names)
            {
                var number = view.FeatureNames.ToList().IndexOf(name);
                if (number < 0)
                    mistakes.Add($"it uses feature '{name}' of view '{use.View}', which has none of that name. {NearestNames.Describe(name, view.FeatureNames)}");
                else
                    numbers.Add(number);
            }

            parts.Add(new BoundView(
                view, [.. view.Keys.Select(key => use.Keys.TryGetValue(key.Name, out var column) ? column : key.Name)], [.. numbers], [.. names.Select(name => $"{use.Alias}_{name}")]));
        }

        Views = [.. parts];
        StoredNames = [.. parts.SelectMany(part => part.Names)];
        var twice = StoredNames.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => $"'{group.Key}'").ToArray();
        if (twice.Length > 0)
            mistakes.Add($"feature(s) {string.Join(", ", twice)} stand twice: give a view another alias");
        if (mistakes.Count == 0)
            Transforms = TransformPlan.Bind(service, StoredNames, mistakes);
        FeatureNames = Transforms?.FeatureNames ?? StoredNames;
        if (mistakes.Count > 0)
            throw new InvalidDefinitionException($"Feature service '{service.Name}': {string.Join("; ", mistakes)}");
        KeyNames = [.. parts.SelectMany(part => part.KeyColumns).Distinct(StringComparer.Ordinal)];
        Definition = DefinitionText.Of(service, views);
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Definition)))[..16];
    }

    public FeatureService Service { get; }

    public BoundView[] Views { get; }

    /// <summary>The features of the views, in order.</summary>
    public IReadOnlyList<string> StoredNames { get; }

    /// <summary>What the service returns, in order: the features of the views and the computed ones, without the hidden.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Request inputs, computed and hidden features; null where there are none.</summary>
    public TransformPlan? Transforms { get; }

    /// <summary>The spine or request columns that carry keys, in order of first use.</summary>
    public IReadOnlyList<string> KeyNames { get; }

    public string Definition { get; }

    public string Hash { get; }

    public string Id => $"{Service.Name}@{Hash}";

    /// <summary>A view of the service: the columns of its keys, its features by number, their names in the service.</summary>
    internal sealed record BoundView(FeatureView View, string[] KeyColumns, int[] Features, string[] Names);
}
