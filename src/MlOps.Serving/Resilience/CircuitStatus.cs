namespace MlOps.Serving;

/// <summary>The circuit of one version of an endpoint in this process.</summary>
/// <param name="Version">The version.</param>
/// <param name="State">Whether it is asked.</param>
public readonly record struct CircuitStatus(ModelVersionRef Version, CircuitState State);
