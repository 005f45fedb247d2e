namespace MlOps.Features;

internal sealed partial class FeatureViewParts
{
    public List<DeclaredSource> Sources { get; } = [];

    public void Source(string name, FeatureViewSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        DefinitionText.CheckName("source", name);
        if (Sources.Any(other => other.Name == name))
            throw new InvalidDefinitionException($"Feature view '{Name}' has two sources '{name}': rename one, since progress is kept by name.");
        Sources.Add(new DeclaredSource(name, source));
    }
}
