using Microsoft.CodeAnalysis;

namespace MlOps.Generators;

/// <summary>What the generator and the analyzer report. Numbers are never used again for something else.</summary>
internal static class Rules
{
    private const string Category = "MlOps.Features";

    public static readonly DiagnosticDescriptor NoKey = Error(
        "MLOPS010", "A feature row has no key",
        "'{0}' has no key: mark the property that identifies the entity with [FeatureKey], or name it Id; or use [FeatureVector] for a type that is only read");

    public static readonly DiagnosticDescriptor NoEventTime = Error(
        "MLOPS011", "A feature row has no event time",
        "'{0}' has no event time: mark the DateTimeOffset or Timestamp property that says when a row happened with [EventTime]; or use [FeatureVector] for a type that is only read");

    public static readonly DiagnosticDescriptor TwoTimes = Error(
        "MLOPS012", "A feature row has two event or availability times", "'{0}' is marked [{1}], but '{2}' is already: a row has one");

    public static readonly DiagnosticDescriptor UnsupportedType = Error(
        "MLOPS013", "A property's type cannot be a column",
        "Property '{0}' is {1}: columns hold bool, int, long, float, double, string, DateTimeOffset or Timestamp; use one of them, or mark it [FeatureIgnore]");

    public static readonly DiagnosticDescriptor NotPartial = Error(
        "MLOPS014", "A feature row is not partial, or generic", "'{0}' cannot be extended: {1}");

    public static readonly DiagnosticDescriptor NoZone = Error(
        "MLOPS015", "A DateTime has no time zone", "Property '{0}' is a DateTime, which does not say its zone: use DateTimeOffset or Timestamp");

    public static readonly DiagnosticDescriptor BadName = Error(
        "MLOPS016", "Two properties have one name, or a name is not allowed", "Property '{0}' stands for '{1}': {2}");

    public static readonly DiagnosticDescriptor NotConstructible = Error(
        "MLOPS017", "A row cannot be constructed",
        "'{0}' cannot be made of its values: give it a constructor whose parameters are named and typed like its properties, or one without parameters and settable properties{1}");

    public static readonly DiagnosticDescriptor BadAttribute = Error(
        "MLOPS018", "An attribute does not fit its property", "Property '{0}': {1}");

    public static readonly DiagnosticDescriptor UnsupportedModelType = Error(
        "MLOPS030", "A property's type cannot go to or come from a model",
        "Property '{0}' is {1}: {2}");

    public static readonly DiagnosticDescriptor EmptyModelType = Error(
        "MLOPS031", "A model's input or output has no values", "'{0}' has no property that a model could {1}: numbers, flags, texts, or arrays of them");

    public static readonly DiagnosticDescriptor BadModelAttribute = Error(
        "MLOPS032", "An attribute does not fit its property", "Property '{0}': {1}");

    public static readonly DiagnosticDescriptor Impure = new(
        "MLOPS020", "A transform is not pure", "A feature transform uses {0}: {1}", Category, DiagnosticSeverity.Warning, isEnabledByDefault: true,
        description: "Transforms run over history and at request time and must give the same value for the same input, so they may not depend on clocks, random numbers, changing statics, input and output or the culture.");

    private static DiagnosticDescriptor Error(string id, string title, string message) => new(id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true);
}
