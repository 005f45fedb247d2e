using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace MlOps.Generators;

/// <summary>What a pure function may not do.</summary>
internal static class ImpureOperations
{
    private const string Clock = "the clock differs between training and serving; pass the moment as an input";
    private const string Chance = "a random value differs at every call; derive it from an input, for instance by a hash";
    private const string Outside = "what lies outside the process can change; pass it as an input";
    private const string Culture = "the result depends on the machine's culture; pass CultureInfo.InvariantCulture or StringComparison.Ordinal";
    private const string State = "state outlives the call; use only the parameters";

    private static readonly HashSet<string> Formats = ["ToString", "Parse", "TryParse", "Format", "ToUpper", "ToLower", "Compare", "CompareTo", "StartsWith", "EndsWith", "IndexOf", "LastIndexOf"];

    public static IEnumerable<(string What, string Why, IOperation Place)> In(IOperation scope, IOperation body)
    {
        foreach (var operation in body.DescendantsAndSelf())
        {
            if (Judge(scope, operation) is { } found)
                yield return (found.What, found.Why, operation);
        }
    }

    private static (string What, string Why)? Judge(IOperation scope, IOperation operation) => operation switch
    {
        IPropertyReferenceOperation { Property: var property } => Property(property, operation),
        IInvocationOperation { TargetMethod: var method } call => Call(method, call),
        IObjectCreationOperation { Type: { } type } => Creation(type),
        IFieldReferenceOperation { Field: { IsStatic: true, IsReadOnly: false, IsConst: false } field } => ($"the static field '{field.Name}'", State),
        IInterpolationOperation { Expression.Type: { SpecialType: not SpecialType.System_String } type } when IsCultural(type) => ($"an interpolated {type.Name}", Culture),
        IAwaitOperation => ("await", Outside),
        IAssignmentOperation { Target: ILocalReferenceOperation { Local: var local } } when IsCaptured(local, scope) => ($"an assignment to the captured '{local.Name}'", State),
        IAssignmentOperation { Target: IFieldReferenceOperation { Field: var field } } => ($"an assignment to the field '{field.Name}'", State),
        IIncrementOrDecrementOperation { Target: ILocalReferenceOperation { Local: var local } } when IsCaptured(local, scope) => ($"a change of the captured '{local.Name}'", State),
        IIncrementOrDecrementOperation { Target: IFieldReferenceOperation { Field: var field } } => ($"a change of the field '{field.Name}'", State),
        _ => null,
    };

    private static (string What, string Why)? Property(IPropertySymbol property, IOperation operation)
    {
        var type = property.ContainingType.ToDisplayString();
        return (type, property.Name) switch
        {
            ("System.DateTime" or "System.DateTimeOffset", "Now" or "UtcNow" or "Today") => ($"{property.ContainingType.Name}.{property.Name}", Clock),
            ("System.TimeProvider", "System") => ("TimeProvider.System", Clock),
            ("System.Diagnostics.Stopwatch", _) => ("Stopwatch", Clock),
            ("System.Random", "Shared") => ("Random.Shared", Chance),
            ("System.Environment", not "NewLine") => ($"Environment.{property.Name}", Outside),
            ("System.Globalization.CultureInfo", "CurrentCulture" or "CurrentUICulture") => ($"CultureInfo.{property.Name}", Culture),
            ("System.TimeZoneInfo", "Local") => ("TimeZoneInfo.Local", Culture),
            _ when property is { IsStatic: true, SetMethod: not null } && property.Locations.Any(location => location.IsInSource)
                && operation.Parent is not INameOfOperation => ($"the static property '{property.Name}'", State),
            _ => null,
        };
    }

    private static (string What, string Why)? Call(IMethodSymbol method, IInvocationOperation call)
    {
        var type = method.ContainingType;
        var name = $"{type.Name}.{method.Name}";
        switch (type.ToDisplayString())
        {
            case "System.Random" or "System.Security.Cryptography.RandomNumberGenerator":
                return (name, Chance);
            case "System.Guid" when method.Name is "NewGuid" or "CreateVersion7":
                return (name, Chance);
            case "System.TimeProvider" or "System.Diagnostics.Stopwatch":
                return (name, Clock);
            case "System.Environment" or "System.Console" or "System.Diagnostics.Process" or "System.Threading.Thread" or "System.Threading.Tasks.Task":
                return (name, Outside);
        }

        var space = type.ContainingNamespace.ToDisplayString();
        if ((space == "System.IO" && type.Name != "Path") || space == "System.Net" || space.StartsWith("System.Net.", StringComparison.Ordinal) || space.StartsWith("System.Data", StringComparison.Ordinal))
            return (name, Outside);
        return Formats.Contains(method.Name) && IsCultural(type) && !IsCultureGiven(method) && !IsHarmless(method, call) ? (name, Culture) : null;
    }

    private static (string What, string Why)? Creation(ITypeSymbol type) => type.ToDisplayString() switch
    {
        "System.Random" => ("new Random", Chance),
        "System.Net.Http.HttpClient" => ("new HttpClient", Outside),
        _ when type.ContainingNamespace?.ToDisplayString() == "System.IO" && type.Name is "FileStream" or "StreamReader" or "StreamWriter" or "FileInfo" or "DirectoryInfo" => ($"new {type.Name}", Outside),
        _ => null,
    };

    // Types whose text or order depends on the culture, when nothing else is said.
    private static bool IsCultural(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_Single or SpecialType.System_Double or SpecialType.System_Decimal or SpecialType.System_DateTime => true,
        SpecialType.System_Int16 or SpecialType.System_Int32 or SpecialType.System_Int64 => true,
        SpecialType.System_String => true,
        _ => type.ToDisplayString() is "System.DateTimeOffset" or "System.DateOnly" or "System.TimeOnly" or "System.TimeSpan",
    };

    private static bool IsCultureGiven(IMethodSymbol method) =>
        method.Parameters.Any(parameter => parameter.Type.ToDisplayString().TrimEnd('?') is "System.IFormatProvider" or "System.Globalization.CultureInfo" or "System.StringComparison");

    private static bool IsHarmless(IMethodSymbol method, IInvocationOperation call) => method.ContainingType.SpecialType == SpecialType.System_String
        && (method.Name == "ToString" || (method.Name is "StartsWith" or "EndsWith" or "IndexOf" or "LastIndexOf" && method.Parameters[0].Type.SpecialType == SpecialType.System_Char))
        || (method.Name == "CompareTo" && call.TargetMethod.ContainingType.SpecialType != SpecialType.System_String);

    private static bool IsCaptured(ILocalSymbol local, IOperation scope) =>
        local.DeclaringSyntaxReferences.All(reference => !scope.Syntax.Span.Contains(reference.Span) || reference.SyntaxTree != scope.Syntax.SyntaxTree);
}
