namespace MlOps.Registry;

/// <summary>A package or project that the application is built from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Type"><c>package</c>, <c>project</c>, <c>runtimepack</c>, or <c>assembly</c> when only the loaded assembly is known.</param>
/// <param name="Sha512">The package's SHA-512 in lower-case hexadecimal, or null.</param>
public sealed record PackageDependency(string Name, string Version, string Type, string? Sha512);
