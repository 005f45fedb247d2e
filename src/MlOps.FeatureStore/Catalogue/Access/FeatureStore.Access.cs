namespace MlOps.Features;

// Who may see which declared view and service. What is not shared with a caller does not exist for the caller.
internal sealed partial class FeatureStore
{
    /// <inheritdoc />
    public IReadOnlyList<FeatureView> Views
    {
        get
        {
            _context.Access.Require(EnvironmentPermission.Read, "feature views");
            var sight = new CallerSight(_context.Access);
            return sight.IsOpen ? _declaredViews : [.. _declaredViews.Where(view => view.FeatureNames.All(feature => sight.Of(view, feature) >= FeatureVisibility.Metadata))];
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<FeatureService> Services
    {
        get
        {
            _context.Access.Require(EnvironmentPermission.Read, "feature services");
            var sight = new CallerSight(_context.Access);
            return sight.IsOpen ? _declaredServices : [.. _declaredServices.Where(service => SightOf(sight, _services[service.Name]) >= FeatureVisibility.Metadata)];
        }
    }

    /// <summary>How far the caller sees a service: as far as the least visible of its features. Being part of a service opens nothing.</summary>
    private static FeatureVisibility SightOf(CallerSight sight, BoundService service) => sight.IsOpen
        ? FeatureVisibility.Values
        : service.Views.SelectMany(part => part.Features.Select(number => sight.Of(part.View, part.View.FeatureNames[number]))).Min();

    private FeatureView ViewOf(string view, FeatureUse use)
    {
        ArgumentNullException.ThrowIfNull(view);
        var sight = new CallerSight(_context.Access);
        if (!_views.TryGetValue(view, out var found) || !IsVisible(sight, found))
            throw new NotFoundException(
                $"Environment '{_context.Name}' has no feature view '{view}'. {NearestNames.Describe(view, _views.Values.Where(known => IsVisible(sight, known)).Select(known => known.Name))}");
        if (use == FeatureUse.Metadata || sight.IsOpen)
            return found;
        var seen = found.FeatureNames.Select(feature => (Name: feature, Sight: sight.Of(found, feature))).ToArray();
        if (seen.Any(feature => feature.Sight == FeatureVisibility.None))
            throw Denied($"feature view '{view}' as a whole", found.Owner, "not all of it is shared with you");
        if (use == FeatureUse.Values && seen.Where(feature => feature.Sight != FeatureVisibility.Values).Select(feature => $"'{feature.Name}'").ToArray() is { Length: > 0 } closed)
            throw Denied($"the values of feature view '{view}'", found.Owner, $"only metadata of {string.Join(", ", closed)} are shared with you");
        return found;
    }

    private BoundService ServiceOf(string service, FeatureUse use)
    {
        ArgumentNullException.ThrowIfNull(service);
        var sight = new CallerSight(_context.Access);
        if (!_services.TryGetValue(service, out var found) || SightOf(sight, found) == FeatureVisibility.None)
            throw new NotFoundException(
                $"Environment '{_context.Name}' has no feature service '{service}'. "
                + NearestNames.Describe(service, _services.Values.Where(known => SightOf(sight, known) != FeatureVisibility.None).Select(known => known.Service.Name)));
        RequireVisible(sight, found, use);
        return found;
    }

    // Asked again by sources that were opened for a caller, when somebody else reads.
    private void RequireVisible(CallerSight sight, BoundService service, FeatureUse use)
    {
        if (sight.IsOpen || use != FeatureUse.Values)
            return;
        var closed = service.Views.SelectMany(part => part.Features.Select((number, i) => (part.View, Name: part.Names[i], Sight: sight.Of(part.View, part.View.FeatureNames[number]))))
            .Where(feature => feature.Sight != FeatureVisibility.Values).ToArray();
        if (closed.Length == 0)
            return;
        if (closed.Any(feature => feature.Sight == FeatureVisibility.None))
            throw new NotFoundException($"Environment '{_context.Name}' has no feature service '{service.Service.Name}'.");
        throw Denied(
            $"the values of feature service '{service.Service.Name}'", closed[0].View.Owner,
            $"only metadata of {string.Join(", ", closed.Select(feature => $"'{feature.Name}' (view '{feature.View.Name}')"))} are shared with you");
    }

    // A view that the host does not declare any more has no sharing settings here: only who sees everything sees it.
    internal bool SeesWhole(string view)
    {
        var sight = new CallerSight(_context.Access);
        return sight.IsOpen || (_views.TryGetValue(view, out var found) && found.FeatureNames.All(feature => sight.Of(found, feature) >= FeatureVisibility.Metadata));
    }

    private static bool IsVisible(CallerSight sight, FeatureView view) =>
        sight.IsOpen || view.FeatureNames.Any(feature => sight.Of(view, feature) >= FeatureVisibility.Metadata);

    private AccessDeniedException Denied(string what, string? owner, string why)
    {
        LogDenied(_logger, _context.Caller.Name, what, _context.Name);
        return new AccessDeniedException(
            $"'{_context.Caller.Name}' may not touch {what} in environment '{_context.Name}': {why}. Ask {(owner is null ? "an administrator" : $"the owner '{owner}'")} to share more.");
    }
}
