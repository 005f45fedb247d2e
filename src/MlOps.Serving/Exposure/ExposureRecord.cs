namespace MlOps.Serving;

/// <summary>A key was answered by a variant. Written once per key and revision of the traffic.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Key">The key.</param>
/// <param name="Variant">The variant that answered first.</param>
/// <param name="Version">Its version.</param>
/// <param name="Revision">The revision of the endpoint's traffic.</param>
/// <param name="Time">When it was answered.</param>
public sealed record ExposureRecord(string Endpoint, string Key, string Variant, ModelVersionRef Version, long Revision, Timestamp Time);
