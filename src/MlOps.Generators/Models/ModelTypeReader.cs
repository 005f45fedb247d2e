using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MlOps.Generators;

/// <summary>Finds out what a model's input or output type is made of.</summary>
internal static class ModelTypeReader
{
    private static readonly string[] NotForModels = ["ModelIgnoreAttribute", "FeatureIgnoreAttribute", "FeatureKeyAttribute", "EventTimeAttribute", "AvailableAtAttribute"];

    public static ModelType Read(INamedTypeSymbol type, TypeDeclarationSyntax syntax, bool isInput)
    {
        var findings = new List<Finding>();
        var place = syntax.Identifier.GetLocation();
        var headers = RowTypeReader.Headers(type, syntax, place, findings);
        var properties = new List<ModelProperty>();
        var symbols = new List<IPropertySymbol>();
        string? key = null;
        var isRow = type.GetAttributes().Any(attribute => attribute.AttributeClass?.ToDisplayString() is "MlOps.FeatureRowAttribute");
        foreach (var symbol in PropertiesOf(type))
        {
            if (isInput && Attribute(symbol, "StickyKeyAttribute") is not null)
            {
                if (symbol.Type.SpecialType != SpecialType.System_String)
                    findings.Add(Finding.At(Rules.BadModelAttribute, symbol.Locations.FirstOrDefault(), symbol.Name, "[StickyKey] marks a text"));
                key = symbol.Name;
                continue;
            }

            // What identifies a feature row is not a feature; without an attribute, Id is the key.
            if (isInput && isRow && symbol.Name == "Id" && Attribute(symbol, "ModelTensorAttribute") is null)
                continue;
            if (ReadProperty(symbol, isInput, findings) is not { } property)
                continue;
            properties.Add(property);
            symbols.Add(symbol);
        }

        if (properties.Count == 0 && findings.Count == 0)
            findings.Add(Finding.At(Rules.EmptyModelType, place, type.Name, isInput ? "take" : "give"));
        foreach (var group in properties.GroupBy(property => property.Tensor, StringComparer.Ordinal).Where(group => group.Count() > 1))
            findings.Add(Finding.At(Rules.BadModelAttribute, place, group.Last().Name, $"'{group.Key}' is '{group.First().Name}' already; name one with [ModelTensor(\"...\")]"));
        List<int> constructor = [];
        if (!isInput)
        {
            constructor = RowTypeReader.Constructor(type, symbols, out var failure);
            if (failure is not null && findings.Count == 0)
                findings.Add(Finding.At(Rules.NotConstructible, place, type.Name, failure));
        }

        return new ModelType(
            isInput, type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString(), new EquatableArray<string>(headers),
            type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat), type.Name, new EquatableArray<ModelProperty>(properties), key,
            new EquatableArray<int>(constructor), new EquatableArray<Finding>(findings));
    }

    private static ModelProperty? ReadProperty(IPropertySymbol symbol, bool isInput, List<Finding> findings)
    {
        var place = symbol.Locations.FirstOrDefault();
        var type = symbol.Type;
        var isNullable = symbol.NullableAnnotation == NullableAnnotation.Annotated;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
            type = nullable.TypeArguments[0];
        var isArray = type is IArrayTypeSymbol { Rank: 1 };
        var element = type is IArrayTypeSymbol { Rank: 1 } array ? array.ElementType : type;
        if (!IsElement(element))
        {
            findings.Add(Finding.At(
                Rules.UnsupportedModelType, place, symbol.Name, symbol.Type.ToDisplayString(),
                $"models {(isInput ? "take" : "give")} numbers, bool, string, Half, and arrays of them; mark it [ModelIgnore] or change its type"));
            return null;
        }

        var attribute = Attribute(symbol, "ModelTensorAttribute");
        var name = attribute?.ConstructorArguments.FirstOrDefault().Value as string
            ?? Attribute(symbol, "FeatureAttribute")?.ConstructorArguments.FirstOrDefault().Value as string ?? PropertyReader.SnakeCase(symbol.Name);
        int[] shape = attribute is { ConstructorArguments.Length: > 1 } && attribute.ConstructorArguments[1].Kind == TypedConstantKind.Array
            ? [.. attribute.ConstructorArguments[1].Values.Select(value => Convert.ToInt32(value.Value, System.Globalization.CultureInfo.InvariantCulture))]
            : [];
        var isScalar = attribute?.NamedArguments.FirstOrDefault(pair => pair.Key == "IsScalar").Value.Value as bool? ?? false;
        if (shape.Any(dimension => dimension < 1) || (shape.Length > 0 && !isArray))
            findings.Add(Finding.At(Rules.BadModelAttribute, place, symbol.Name, "dimensions are positive and stand on an array"));
        if (isScalar && isArray)
            findings.Add(Finding.At(Rules.BadModelAttribute, place, symbol.Name, "an array is not a scalar"));
        if (!isInput && isNullable && isArray)
            isNullable = false;
        return new ModelProperty(
            symbol.Name, name, element.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat), isArray, isNullable,
            isInput ? element.SpecialType is not SpecialType.System_String : attribute is null && element.SpecialType is SpecialType.System_Single or SpecialType.System_Double, new EquatableArray<int>(shape), isScalar);
    }

    private static IEnumerable<IPropertySymbol> PropertiesOf(INamedTypeSymbol type) => RowTypeReader.Readable(type, property =>
        NotForModels.All(name => Attribute(property, name) is null) && (RowTypeReader.IsFilled(type, property) || Attribute(property, "ModelTensorAttribute") is not null));

    private static bool IsElement(ITypeSymbol type) => type.TypeKind != TypeKind.Enum && (type.SpecialType is
        SpecialType.System_Boolean or SpecialType.System_SByte or SpecialType.System_Byte or SpecialType.System_Int16 or SpecialType.System_UInt16
        or SpecialType.System_Int32 or SpecialType.System_UInt32 or SpecialType.System_Int64 or SpecialType.System_UInt64
        or SpecialType.System_Single or SpecialType.System_Double or SpecialType.System_String || type.ToDisplayString() == "System.Half");

    private static AttributeData? Attribute(IPropertySymbol property, string name) => PropertyReader.Attribute(property, name);
}
