namespace MlOps.Features;

/// <summary>What the vectors of one source have in common.</summary>
/// <param name="Service">The service's name.</param>
/// <param name="Id">The service with its definition's hash.</param>
/// <param name="Keys">The keys in order.</param>
/// <param name="Features">The features in order.</param>
/// <param name="Views">The views whose marks are logged, in order.</param>
internal sealed record ServedSchema(string Service, string Id, string[] Keys, string[] Features, string[] Views);
