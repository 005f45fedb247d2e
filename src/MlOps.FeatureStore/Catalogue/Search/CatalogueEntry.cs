namespace MlOps.Features;

/// <summary>Something that a search can find. Immutable but for its rank, which is set before others see it.</summary>
internal sealed class CatalogueEntry
{
    public required CatalogueKind Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>The view, of a feature and of a view.</summary>
    public ViewEntry? View { get; init; }

    public FeatureDocument? Feature { get; init; }

    public ServiceEntry? Service { get; init; }

    /// <summary>The views that name an entity.</summary>
    public IReadOnlyList<ViewEntry> Views { get; init; } = [];

    public string? Entity { get; init; }

    public string? Owner { get; init; }

    public string? Description { get; init; }

    public string[] Tags { get; init; } = [];

    public bool IsNewest { get; init; } = true;

    public FeatureDeprecation? Deprecation { get; init; }

    public int UsedBy { get; init; }

    /// <summary>Who decides over a feature: what the newest version that has it says.</summary>
    public Governance Rule { get; init; } = Governance.Closed;

    /// <summary>All texts that words are looked for in, in lower case, what counts most first.</summary>
    public string Haystack { get; private set; } = "";

    /// <summary>Where the view's name, the tags, and entity and owner end in the haystack.</summary>
    public (int View, int Tags, int Owner) Ends { get; private set; }

    /// <summary>Where it stands among all: by use, then by name.</summary>
    public int Rank { get; set; }

    public CatalogueEntry Indexed()
    {
        var view = $"{Name}\n{View?.Name}\n";
        var tags = $"{view}{string.Join('\n', Tags)}\n";
        var owner = $"{tags}{Entity}\n{Owner}\n";
        Ends = (view.Length, tags.Length, owner.Length);
        Haystack = $"{owner}{Description}".ToLowerInvariant();
        return this;
    }
}
