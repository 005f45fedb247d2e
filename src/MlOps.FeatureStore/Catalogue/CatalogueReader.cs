namespace MlOps.Features;

/// <summary>Answers questions about the catalogue as far as the caller may see it.</summary>
internal sealed partial class CatalogueReader : IFeatureCatalogue
{
    private readonly EnvironmentContext _context;
    private readonly FeatureStore _store;
    private readonly CatalogueIndex _index;
    private readonly Func<IEnumerable<ILineageSource>> _lineage;

    public CatalogueReader(EnvironmentContext context, FeatureStore store, MetadataArea area, Func<IEnumerable<ILineageSource>> lineage)
    {
        _context = context;
        _store = store;
        _index = new CatalogueIndex(area);
        _lineage = lineage;
    }

    private Timestamp Now => Timestamp.From(_context.Clock.GetUtcNow());

    public async ValueTask<CatalogueView> GetViewAsync(string view, int? version = null, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature view '{view}'", cancellationToken).ConfigureAwait(false);
        var entry = ViewOf(snapshot, sight, view, version);
        var notes = entry.Notes;
        var details = await DetailsAsync([entry], cancellationToken).ConfigureAwait(false);
        var features = new List<CatalogueFeature>();
        for (var i = 0; i < notes.Features.Length; i++)
        {
            if (entry.Rules[i].For(sight) != FeatureVisibility.None)
                features.Add(await DescribeAsync(snapshot, sight, entry, i, cancellationToken).ConfigureAwait(false));
        }

        return new CatalogueView
        {
            Name = entry.Name,
            Version = entry.Version,
            Hash = entry.Hash,
            RecordedAt = entry.RecordedAt,
            Definition = entry.IsWhole(sight) ? entry.Definition : null,
            Entity = notes.Entity?.Name,
            Keys = [.. notes.Keys.Select(key => new FeatureKey(key.Name, key.Column))],
            Description = notes.Description,
            Owner = notes.Owner,
            Tags = notes.Tags,
            Sensitivity = notes.Sensitivity,
            Deprecation = notes.Deprecation?.ToDeprecation(),
            Sharing = entry.IsGoverned(sight) ? CatalogueSnapshot.Sharing(notes.Sharing) : null,
            Features = features,
            Services = [.. features.SelectMany(feature => feature.Services).Distinct(StringComparer.Ordinal)],
            Freshness = details[entry.Id],
        };
    }

    public async ValueTask<CatalogueFeature> GetFeatureAsync(string view, string feature, int? version = null, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature '{feature}' of view '{view}'", cancellationToken).ConfigureAwait(false);
        var (entry, number) = FeatureOf(snapshot, sight, view, feature, version);
        return await DescribeAsync(snapshot, sight, entry, number, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<CatalogueService> GetServiceAsync(string service, CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync($"feature service '{service}'", cancellationToken).ConfigureAwait(false);
        ArgumentException.ThrowIfNullOrEmpty(service);
        var entry = snapshot.Services.FirstOrDefault(known => (known.Id == service || (known.IsCurrent && known.Name == service)) && known.For(sight) != FeatureVisibility.None)
            ?? throw MissingService(snapshot, sight, service);
        return new CatalogueService
        {
            Name = entry.Name,
            Version = entry.Notes.Version,
            Id = entry.Id,
            IsCurrent = entry.IsCurrent,
            RecordedAt = entry.RecordedAt,
            Description = entry.Notes.Description,
            Owner = entry.Notes.Owner,
            Tags = entry.Notes.Tags,
            Features =
            [
                .. entry.Features.Select(feature => new CatalogueServiceFeature(
                    feature.Part.Names[feature.Number], feature.Part.View, feature.Part.Version, feature.Part.Features[feature.Number], feature.Feature?.Deprecation?.ToDeprecation())),
            ],
        };
    }

    public async ValueTask<IReadOnlyList<CatalogueEntity>> GetEntitiesAsync(CancellationToken cancellationToken = default)
    {
        var (snapshot, sight) = await BeginAsync("entities", cancellationToken).ConfigureAwait(false);
        return
        [
            .. snapshot.All.Where(entry => entry.Kind == CatalogueKind.Entity)
                .Select(entry => (entry, Views: entry.Views.Where(view => view.For(sight) != FeatureVisibility.None).ToArray())).Where(pair => pair.Views.Length > 0)
                .OrderBy(pair => pair.entry.Name, StringComparer.Ordinal)
                .Select(pair => new CatalogueEntity(
                    pair.entry.Name, [.. pair.Views[0].Notes.Keys.Select(key => key.Name)], pair.Views.Select(view => view.Notes.Entity!.Description).FirstOrDefault(text => text is not null),
                    [.. pair.Views.Select(view => view.Name)])),
        ];
    }

    private async ValueTask<(CatalogueSnapshot Snapshot, CallerSight Sight)> BeginAsync(string subject, CancellationToken cancellationToken)
    {
        _context.Access.Require(EnvironmentPermission.Read, subject);
        await _store.EnsureReadyAsync(cancellationToken).ConfigureAwait(false);
        return (await _index.GetAsync(cancellationToken).ConfigureAwait(false), new CallerSight(_context.Access));
    }

    private ViewEntry ViewOf(CatalogueSnapshot snapshot, CallerSight sight, string view, int? version)
    {
        ArgumentException.ThrowIfNullOrEmpty(view);
        // A version whose features were all taken out of the newest one may be visible while the newest is not.
        var versions = snapshot.VersionsOf(view).Where(entry => entry.For(sight) != FeatureVisibility.None).ToArray();
        if (versions.Length == 0)
        {
            var names = snapshot.ViewNames.Where(name => snapshot.VersionsOf(name).Any(entry => entry.For(sight) != FeatureVisibility.None));
            throw new NotFoundException($"The catalogue of environment '{_context.Name}' has no feature view '{view}'. {NearestNames.Describe(view, names)}");
        }

        return version is not { } wanted
            ? versions[0]
            : Array.Find(versions, entry => entry.Version == wanted)
                ?? throw new NotFoundException($"Feature view '{view}' has no version {wanted}. Known: {string.Join(", ", versions.Select(entry => entry.Version))}.");
    }

    private (ViewEntry View, int Number) FeatureOf(CatalogueSnapshot snapshot, CallerSight sight, string view, string feature, int? version)
    {
        ArgumentException.ThrowIfNullOrEmpty(feature);
        var entry = ViewOf(snapshot, sight, view, version);
        var number = Array.FindIndex(entry.Notes.Features, known => known.Name == feature);
        return number >= 0 && entry.Rules[number].For(sight) != FeatureVisibility.None
            ? (entry, number)
            : throw new NotFoundException(
                $"Feature view {view} v{entry.Version} has no feature '{feature}'. "
                + NearestNames.Describe(feature, entry.Notes.Features.Where((_, i) => entry.Rules[i].For(sight) != FeatureVisibility.None).Select(known => known.Name)));
    }

    private NotFoundException MissingService(CatalogueSnapshot snapshot, CallerSight sight, string service) => new(
        $"The catalogue of environment '{_context.Name}' has no feature service '{service}'. "
        + NearestNames.Describe(service, snapshot.Services.Where(known => known.For(sight) != FeatureVisibility.None).Select(known => known.Name)));

    private async ValueTask<CatalogueFeature> DescribeAsync(CatalogueSnapshot snapshot, CallerSight sight, ViewEntry view, int number, CancellationToken cancellationToken)
    {
        var feature = view.Notes.Features[number];
        var seen = view.Rules[number].For(sight);
        var users = snapshot.Users(view.Name, feature.Name).Where(service => service.IsCurrent && service.Notes.Views.Any(part => part.View == view.Name && part.Version == view.Version)).ToArray();
        return new CatalogueFeature
        {
            View = view.Name,
            Version = view.Version,
            Name = feature.Name,
            Type = feature.Type,
            Formula = feature.Formula,
            Description = feature.Description,
            Tags = feature.Tags,
            Sensitivity = feature.Sensitivity,
            Deprecation = feature.Deprecation?.ToDeprecation(),
            Visibility = seen,
            Sharing = view.IsGoverned(sight) ? CatalogueSnapshot.Sharing(feature.Sharing) : null,
            UsedBy = users.Length,
            Services = [.. users.Where(service => service.For(sight) != FeatureVisibility.None).Select(service => service.Id)],
            Statistics = (await ReadStatisticsAsync(view.Id, feature.Name, 1, MayReadValues(seen), cancellationToken).ConfigureAwait(false)).FirstOrDefault(),
        };
    }

    private bool MayReadValues(FeatureVisibility seen) => seen == FeatureVisibility.Values && _context.Access.Allows(EnvironmentPermission.ReadFeatures);
}
