namespace MlOps.Orchestration;

/// <summary>What a gate found; recorded as evidence.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Passed">Whether it passed.</param>
/// <param name="Measured">What was measured.</param>
/// <param name="Bound">What was asked for.</param>
/// <param name="Detail">More, for people; may be empty.</param>
/// <param name="Subject">The version that was judged, <c>environment/model:version@manifest digest</c>; filled in by the workflow.</param>
/// <param name="Champion">The champion that it was compared with, in the same form; null for none.</param>
public sealed record GateResult(string Gate, bool Passed, string Measured, string Bound, string Detail = "", string Subject = "", string? Champion = null);
