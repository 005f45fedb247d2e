namespace MlOps.Features;

/// <summary>What the catalogue stores of a service besides its definition.</summary>
internal sealed record ServiceDocument
{
    public int Version { get; init; }

    public string? Description { get; init; }

    public string? Owner { get; init; }

    public string[] Tags { get; init; } = [];

    public ServiceViewDocument[] Views { get; init; } = [];

    public static ServiceDocument Of(BoundService service) => new()
    {
        Version = service.Service.Version,
        Description = service.Service.Description,
        Owner = service.Service.Owner,
        Tags = [.. service.Service.Tags],
        Views =
        [
            .. service.Views.Select(part => new ServiceViewDocument(
                part.View.Name, part.View.Version, [.. part.KeyColumns], [.. part.Features.Select(number => part.View.FeatureNames[number])], [.. part.Names])),
        ],
    };

    public Dictionary<(string Feature, string Field), string> Facts()
    {
        var facts = new Dictionary<(string, string), string>();
        ViewDocument.Add(facts, "", "description", Description);
        ViewDocument.Add(facts, "", "owner", Owner);
        ViewDocument.Add(facts, "", "tags", string.Join(", ", Tags));
        return facts;
    }
}
