namespace MlOps.Registry;

/// <summary>Whether a version may be promoted into or loaded in an environment.</summary>
/// <param name="Admitted">Whether it may.</param>
/// <param name="Asked">What was asked for, in words.</param>
/// <param name="Message">Who signed it, or what is missing and why each signature was refused; empty when nothing was asked for.</param>
/// <param name="Report">The whole report; null when nothing was asked for.</param>
public sealed record AdmissionResult(bool Admitted, string Asked, string Message, SignatureReport? Report = null);
