using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MlOps.Generators;

/// <summary>Finds out what a marked type is made of.</summary>
internal static class RowTypeReader
{
    private static readonly SymbolDisplayFormat Qualified = SymbolDisplayFormat.FullyQualifiedFormat;

    public static RowType Read(INamedTypeSymbol type, TypeDeclarationSyntax syntax, bool isStored)
    {
        var findings = new List<Finding>();
        var place = syntax.Identifier.GetLocation();
        var headers = Headers(type, syntax, place, findings);
        var properties = new List<RowProperty>();
        var symbols = new List<IPropertySymbol>();
        foreach (var symbol in PropertiesOf(type))
        {
            if (PropertyReader.Read(symbol, findings) is not { } property)
                continue;
            properties.Add(property);
            symbols.Add(symbol);
        }

        // Without an attribute, Id is the key.
        var id = properties.FindIndex(property => property is { Name: "Id", Role: "Feature" });
        if (id >= 0 && properties.All(property => property.Role != "Key") && PropertyReader.CanBeKey(properties[id]))
            properties[id] = properties[id] with { Role = "Key" };
        var constructor = Constructor(type, symbols, out var failure);
        // A property that could not be read was reported, and is what the constructor would take.
        if (failure is not null && findings.Count == 0)
            findings.Add(Finding.At(Rules.NotConstructible, place, type.Name, failure));
        CheckTogether(type, properties, symbols, isStored, place, findings);
        return new RowType(
            type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(),
            new EquatableArray<string>(headers),
            type.ToDisplayString(Qualified),
            type.Name,
            new EquatableArray<RowProperty>(properties),
            new EquatableArray<int>(constructor),
            new EquatableArray<Finding>(findings));
    }

    internal static List<string> Headers(INamedTypeSymbol type, TypeDeclarationSyntax syntax, Location place, List<Finding> findings)
    {
        var headers = new List<string>();
        for (TypeDeclarationSyntax? part = syntax; part is not null; part = part.Parent as TypeDeclarationSyntax)
        {
            var name = part.Identifier.Text;
            if (!part.Modifiers.Any(SyntaxKind.PartialKeyword))
                findings.Add(Finding.At(Rules.NotPartial, place, type.Name, $"declare {(part == syntax ? "it" : $"'{name}', which contains it,")} partial"));
            if (part.TypeParameterList is not null)
                findings.Add(Finding.At(Rules.NotPartial, place, type.Name, "the type cannot be generic, nor lie in a generic type"));
            var kind = part is RecordDeclarationSyntax record && record.ClassOrStructKeyword.IsKind(SyntaxKind.StructKeyword) ? "record struct" : part.Keyword.Text;
            headers.Insert(0, $"partial {kind} {name}");
        }

        return headers;
    }

    /// <summary>The properties that values can be read from, those of base types first, each name once.</summary>
    internal static IEnumerable<IPropertySymbol> Readable(INamedTypeSymbol type, Func<IPropertySymbol, bool> wanted)
    {
        var levels = new Stack<INamedTypeSymbol>();
        for (var level = type; level is not null && level.SpecialType == SpecialType.None; level = level.BaseType)
            levels.Push(level);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return levels.SelectMany(level => level.GetMembers().OfType<IPropertySymbol>())
            .Where(property => !property.IsStatic && !property.IsIndexer && property.DeclaredAccessibility == Accessibility.Public && property.GetMethod is not null)
            .Where(property => property.Name != "EqualityContract" && wanted(property) && seen.Add(property.Name));
    }

    private static IEnumerable<IPropertySymbol> PropertiesOf(INamedTypeSymbol type) => Readable(type, property =>
        PropertyReader.Attribute(property, "FeatureIgnoreAttribute") is null && (IsFilled(type, property) || PropertyReader.IsMarked(property)));

    // A property that is computed of others is neither stored nor read.
    internal static bool IsFilled(INamedTypeSymbol type, IPropertySymbol property) =>
        property.SetMethod is not null || type.InstanceConstructors.Any(constructor => constructor.Parameters.Any(parameter => Fits(parameter, property)));

    private static bool Fits(IParameterSymbol parameter, IPropertySymbol property) =>
        string.Equals(parameter.Name, property.Name, StringComparison.OrdinalIgnoreCase) && SymbolEqualityComparer.Default.Equals(parameter.Type, property.Type);

    internal static List<int> Constructor(INamedTypeSymbol type, List<IPropertySymbol> properties, out string? failure)
    {
        failure = null;
        if (type.IsAbstract)
            failure = "; it is abstract";
        foreach (var constructor in type.InstanceConstructors.OrderByDescending(constructor => constructor.Parameters.Length))
        {
            var taken = constructor.Parameters.Select(parameter => properties.FindIndex(property => Fits(parameter, property))).ToList();
            if (taken.Contains(-1))
                continue;
            if (properties.Where((_, index) => !taken.Contains(index)).All(property => property.SetMethod is not null))
                return taken;
        }

        failure ??= "";
        return [];
    }

    private static void CheckTogether(
        INamedTypeSymbol type, List<RowProperty> properties, List<IPropertySymbol> symbols, bool isStored, Location place, List<Finding> findings)
    {
        foreach (var role in new[] { "EventTime", "AvailableAt" })
        {
            var marked = properties.Select((property, index) => (property, index)).Where(pair => pair.property.Role == role).ToArray();
            foreach (var (property, index) in marked.Skip(1))
                findings.Add(Finding.At(Rules.TwoTimes, symbols[index].Locations.FirstOrDefault(), property.Name, role, marked[0].property.Name));
        }

        foreach (var group in properties.Select((property, index) => (property, index)).GroupBy(pair => pair.property.Column, StringComparer.Ordinal))
        {
            foreach (var (property, index) in group.Skip(1))
                findings.Add(Finding.At(Rules.BadName, symbols[index].Locations.FirstOrDefault(), property.Name, property.Column, $"'{group.First().property.Name}' does so, too; name one with [Feature(\"...\")]"));
        }

        // What could not be read was reported; it may have been the key or the time.
        if (!isStored || findings.Count > 0)
            return;
        if (properties.All(property => property.Role != "Key"))
            findings.Add(Finding.At(Rules.NoKey, place, type.Name));
        if (properties.All(property => property.Role != "EventTime"))
            findings.Add(Finding.At(Rules.NoEventTime, place, type.Name));
    }
}
