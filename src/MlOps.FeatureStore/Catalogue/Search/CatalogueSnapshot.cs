namespace MlOps.Features;

/// <summary>Everything that is recorded, in memory, as it stood at one entry of the history.</summary>
internal sealed class CatalogueSnapshot
{
    private readonly Dictionary<string, ViewEntry[]> _versions;
    private readonly Dictionary<(string View, string Feature), Governance> _rules = [];
    private readonly Dictionary<string, IReadOnlyList<FeatureShare>> _lists = new(StringComparer.Ordinal);
    private readonly Dictionary<(string View, string Feature), List<ServiceEntry>> _uses = [];
    private readonly Dictionary<string, ServiceEntry> _services;

    public CatalogueSnapshot(long stamp, IReadOnlyList<ViewEntry> views, IReadOnlyList<StoredService> services)
    {
        Stamp = stamp;
        _versions = views.GroupBy(view => view.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.OrderByDescending(view => view.Version).ToArray(), StringComparer.Ordinal);
        foreach (var versions in _versions.Values)
            Govern(versions);
        Services = [.. Bind(services)];
        _services = Services.ToDictionary(service => service.Id, StringComparer.Ordinal);
        foreach (var service in Services)
        {
            foreach (var (part, number, _, _) in service.Features)
            {
                var users = Users(part.View, part.Features[number]);
                if (users.Count == 0)
                    _uses.Add((part.View, part.Features[number]), users = []);
                if (!users.Contains(service))
                    users.Add(service);
            }
        }

        var entries = _versions.Values.SelectMany(Entries).Concat(Services.Select(EntryOf)).Concat(Entities())
            .OrderByDescending(entry => entry.UsedBy).ThenBy(entry => entry.Name, StringComparer.Ordinal).ThenBy(entry => entry.View?.Name, StringComparer.Ordinal)
            .ThenByDescending(entry => entry.View?.Version ?? entry.Service?.AppliedAt ?? 0).ThenBy(entry => entry.Kind).ToArray();
        for (var i = 0; i < entries.Length; i++)
            entries[i].Rank = i;
        All = entries;
    }

    /// <summary>The newest entry of the history that it holds.</summary>
    public long Stamp { get; }

    /// <summary>Everything that can be found, in the order of its rank.</summary>
    public CatalogueEntry[] All { get; }

    public ServiceEntry[] Services { get; }

    public IEnumerable<string> ViewNames => _versions.Keys;

    /// <summary>The versions of a view, the newest first; empty when there is none.</summary>
    public ViewEntry[] VersionsOf(string view) => _versions.GetValueOrDefault(view) ?? [];

    public ServiceEntry? ServiceOf(string id) => _services.GetValueOrDefault(id);

    /// <summary>The services that use a feature of any version of a view, those declared now first.</summary>
    public List<ServiceEntry> Users(string view, string feature) => _uses.GetValueOrDefault((view, feature)) ?? [];

    public Governance RuleOf(string view, string feature) => _rules.GetValueOrDefault((view, feature)) ?? Governance.Closed;

    // The newest version that has a feature decides over it in all versions, so that narrowing it once narrows it everywhere.
    private void Govern(ViewEntry[] versions)
    {
        foreach (var version in versions)
        {
            version.Owner = versions[0].Notes.Owner;
            version.Rules = new Governance[version.Notes.Features.Length];
            for (var i = 0; i < version.Rules.Length; i++)
            {
                var feature = version.Notes.Features[i];
                if (!_rules.TryGetValue((version.Name, feature.Name), out var rule))
                    _rules.Add((version.Name, feature.Name), rule = new Governance(version.Owner, Parse(feature.Sharing)));
                version.Rules[i] = rule;
            }
        }
    }

    // Equal lists become one, so that a caller is compared with each only once.
    private IReadOnlyList<FeatureShare> Parse(string[] sharing)
    {
        var text = string.Join('\n', sharing);
        if (!_lists.TryGetValue(text, out var list))
            _lists.Add(text, list = Sharing(sharing));
        return list;
    }

    public static IReadOnlyList<FeatureShare> Sharing(string[] texts) =>
    [
        .. texts.Select(share => share.Split(' ', 2)).Select(parts => new FeatureShare(FeatureAudience.Parse(parts[1]), Enum.Parse<FeatureVisibility>(parts[0]))),
    ];

    private IEnumerable<ServiceEntry> Bind(IReadOnlyList<StoredService> services)
    {
        foreach (var group in services.GroupBy(service => service.Name, StringComparer.Ordinal))
        {
            var newest = group.Max(service => service.AppliedAt);
            foreach (var service in group.OrderByDescending(service => service.AppliedAt))
            {
                yield return new ServiceEntry
                {
                    Name = service.Name,
                    Hash = service.Hash,
                    RecordedAt = service.RecordedAt,
                    AppliedAt = service.AppliedAt,
                    Notes = service.Notes,
                    IsCurrent = service.AppliedAt == newest,
                    Features =
                    [
                        .. service.Notes.Views.SelectMany(part => part.Features.Select((name, number) => (
                            part, number, VersionsOf(part.View).FirstOrDefault(view => view.Version == part.Version)?.Notes.Features.FirstOrDefault(feature => feature.Name == name),
                            RuleOf(part.View, name)))),
                    ],
                };
            }
        }
    }

    private IEnumerable<CatalogueEntry> Entries(ViewEntry[] versions)
    {
        foreach (var view in versions)
        {
            var notes = view.Notes;
            var isNewest = view == versions[0];
            var users = notes.Features.SelectMany(feature => Users(view.Name, feature.Name)).Where(service => Uses(service, view)).Select(service => service.Name);
            yield return new CatalogueEntry
            {
                Kind = CatalogueKind.View, Name = view.Name, View = view, Entity = notes.Entity?.Name, Owner = notes.Owner, Description = notes.Description, Tags = notes.Tags,
                IsNewest = isNewest, Deprecation = notes.Deprecation?.ToDeprecation(), UsedBy = users.Distinct(StringComparer.Ordinal).Count(),
            }.Indexed();
            for (var i = 0; i < notes.Features.Length; i++)
            {
                var feature = notes.Features[i];
                yield return new CatalogueEntry
                {
                    Kind = CatalogueKind.Feature, Name = feature.Name, View = view, Feature = feature, Entity = notes.Entity?.Name, Owner = notes.Owner, Description = feature.Description,
                    Tags = [.. notes.Tags.Concat(feature.Tags).Distinct(StringComparer.OrdinalIgnoreCase)], IsNewest = isNewest, Deprecation = feature.Deprecation?.ToDeprecation(),
                    UsedBy = Users(view.Name, feature.Name).Where(service => Uses(service, view)).Select(service => service.Name).Distinct(StringComparer.Ordinal).Count(), Rule = view.Rules[i],
                }.Indexed();
            }
        }
    }

    private static bool Uses(ServiceEntry service, ViewEntry view) => service.IsCurrent && service.Notes.Views.Any(part => part.View == view.Name && part.Version == view.Version);

    private static CatalogueEntry EntryOf(ServiceEntry service) => new CatalogueEntry
    {
        Kind = CatalogueKind.Service, Name = service.Name, Service = service, Owner = service.Notes.Owner, Description = service.Notes.Description, Tags = service.Notes.Tags,
        IsNewest = service.IsCurrent, Deprecation = service.Features.FirstOrDefault(feature => feature.Feature?.Deprecation is not null).Feature?.Deprecation?.ToDeprecation(),
    }.Indexed();

    private IEnumerable<CatalogueEntry> Entities() =>
        _versions.Values.Select(versions => versions[0]).Where(view => view.Notes.Entity is not null).GroupBy(view => view.Notes.Entity!.Name, StringComparer.Ordinal)
            .Select(views => new CatalogueEntry
            {
                Kind = CatalogueKind.Entity, Name = views.Key, Entity = views.Key, Views = [.. views.OrderBy(view => view.Name, StringComparer.Ordinal)],
                Description = views.Select(view => view.Notes.Entity!.Description).FirstOrDefault(text => text is not null),
            }.Indexed());
}
