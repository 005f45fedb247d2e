namespace MlOps.Features;

public sealed partial class FeatureServiceBuilder
{
    private readonly List<string> _tags = [];
    private int _version = 1;
    private string? _owner;

    /// <summary>Sets the version, which is part of the service's identity.</summary>
    /// <param name="version">From 1.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidDefinitionException">It is not positive.</exception>
    public FeatureServiceBuilder Version(int version)
    {
        _version = version > 0 ? version : throw new InvalidDefinitionException($"Feature service '{_name}': version {version} is not positive.");
        return this;
    }

    /// <summary>Says who answers for the service.</summary>
    /// <param name="owner">A user's name, or <c>group:name</c>.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Owner(string owner)
    {
        _owner = NoteText.Line("owner", owner, 200);
        return this;
    }

    /// <summary>Adds tags.</summary>
    /// <param name="tags">The tags.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Tag(params IReadOnlyList<string> tags)
    {
        NoteText.AddTags(_tags, tags);
        return this;
    }
}
