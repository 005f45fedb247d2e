using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace MlOps.Generators;

/// <summary>Finds out what one property stands for.</summary>
internal static class PropertyReader
{
    private static readonly Regex AllowedName = new("^[A-Za-z][A-Za-z0-9_-]{0,99}$", RegexOptions.CultureInvariant);
    private static readonly Regex Duration = new("^[1-9][0-9]{0,6}[smhd]$", RegexOptions.CultureInvariant);

    public static RowProperty? Read(IPropertySymbol symbol, List<Finding> findings)
    {
        var place = symbol.Locations.FirstOrDefault();
        var type = symbol.Type;
        var isNullable = false;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            isNullable = true;
            type = nullable.TypeArguments[0];
        }

        if (type.SpecialType == SpecialType.System_DateTime)
        {
            findings.Add(Finding.At(Rules.NoZone, place, symbol.Name));
            return null;
        }

        if (DataTypeOf(type) is not { } dataType)
        {
            findings.Add(Finding.At(Rules.UnsupportedType, place, symbol.Name, symbol.Type.ToDisplayString()));
            return null;
        }

        if (dataType == "String")
            isNullable = symbol.NullableAnnotation != NullableAnnotation.NotAnnotated;
        var feature = Attribute(symbol, "FeatureAttribute");
        var key = Attribute(symbol, "FeatureKeyAttribute");
        var aggregate = Attribute(symbol, "AggregateAttribute");
        var roles = new List<string>();
        if (key is not null)
            roles.Add("Key");
        if (Attribute(symbol, "EventTimeAttribute") is not null)
            roles.Add("EventTime");
        if (Attribute(symbol, "AvailableAtAttribute") is not null)
            roles.Add("AvailableAt");
        var role = roles.FirstOrDefault() ?? "Feature";
        var column = Named(key, "Name") as string ?? feature?.ConstructorArguments.FirstOrDefault().Value as string ?? SnakeCase(symbol.Name);
        if (!AllowedName.IsMatch(column))
            findings.Add(Finding.At(Rules.BadName, place, symbol.Name, column, "use 1 to 100 letters, digits, '_' and '-', beginning with a letter"));
        var ttl = Named(feature, "Ttl") as string;
        var windows = aggregate?.ConstructorArguments.FirstOrDefault().Value as string;
        var functions = aggregate is null || aggregate.ConstructorArguments.Length < 2 || aggregate.ConstructorArguments[1].Kind != TypedConstantKind.Array
            ? []
            : aggregate.ConstructorArguments[1].Values.Select(value => Convert.ToInt32(value.Value, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var property = new RowProperty(
            symbol.Name, column, type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat), dataType, isNullable, role,
            aggregate is null || feature is not null, ttl, windows, new EquatableArray<int>(functions), Named(aggregate, "Scale") as int? ?? 1000);
        foreach (var mistake in Mistakes(property, roles, feature is not null || aggregate is not null))
            findings.Add(Finding.At(Rules.BadAttribute, place, symbol.Name, mistake));
        return property;
    }

    public static bool CanBeKey(RowProperty property) => !property.IsNullable && property.DataType is "String" or "Int32" or "Int64";

    public static AttributeData? Attribute(IPropertySymbol property, string name) => property.GetAttributes().FirstOrDefault(attribute =>
        attribute.AttributeClass is { } type && type.Name == name && type.ContainingNamespace is { Name: "MlOps", ContainingNamespace.IsGlobalNamespace: true });

    public static bool IsMarked(IPropertySymbol property) => property.GetAttributes().Any(attribute =>
        attribute.AttributeClass is { Name: "FeatureAttribute" or "FeatureKeyAttribute" or "EventTimeAttribute" or "AvailableAtAttribute" or "AggregateAttribute" } type
        && type.ContainingNamespace is { Name: "MlOps", ContainingNamespace.IsGlobalNamespace: true });

    private static IEnumerable<string> Mistakes(RowProperty property, List<string> roles, bool isFeature)
    {
        if (roles.Count > 1 || (roles.Count == 1 && isFeature))
            yield return "a property is one of [FeatureKey], [EventTime], [AvailableAt] and a feature; keep one of the attributes";
        if (property.Role == "Key" && !CanBeKey(property))
            yield return "a key is a string, int or long and never null";
        if (property.Role is "EventTime" or "AvailableAt" && property.DataType != "Timestamp")
            yield return "a time is a DateTimeOffset or Timestamp";
        if (property.Role == "EventTime" && property.IsNullable)
            yield return "an event time is never null";
        if (property.Ttl is not null && !Duration.IsMatch(property.Ttl))
            yield return $"'{property.Ttl}' is not a duration: write a whole number and s, m, h or d, for instance 12h";
        if (property.Windows is null)
            yield break;
        if (property.DataType is "String" or "Timestamp")
            yield return "only numbers and flags are aggregated";
        if (property.Functions.Count == 0)
            yield return "name at least one AggregateFunction";
        foreach (var window in property.Windows.Split(',').Select(window => window.Trim()).Where(window => !Duration.IsMatch(window)))
            yield return $"'{window}' is not a window: write a whole number and s, m, h or d, for instance 1h, 7d";
    }

    private static object? Named(AttributeData? attribute, string name) => attribute?.NamedArguments.FirstOrDefault(pair => pair.Key == name).Value.Value;

    private static string? DataTypeOf(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_Boolean => "Boolean",
        SpecialType.System_Int32 when type.TypeKind != TypeKind.Enum => "Int32",
        SpecialType.System_Int64 => "Int64",
        SpecialType.System_Single => "Float32",
        SpecialType.System_Double => "Float64",
        SpecialType.System_String => "String",
        _ => type.ToDisplayString() is "System.DateTimeOffset" or "MlOps.Timestamp" ? "Timestamp" : null,
    };

    // The same rule as MlOps.Features.SnakeCase; a test holds the two together.
    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            var before = i == 0 ? '_' : name[i - 1];
            if ((char.IsUpper(c) && (char.IsLower(before) || (char.IsUpper(before) && i + 1 < name.Length && char.IsLower(name[i + 1]))))
                || (char.IsDigit(c) && char.IsLetter(before)))
                text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
