namespace MlOps.Features;

/// <summary>A view within a stored service: its features by their names in the view and in the service.</summary>
internal sealed record ServiceViewDocument(string View, int Version, string[] KeyColumns, string[] Features, string[] Names);
