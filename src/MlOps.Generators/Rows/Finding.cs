using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace MlOps.Generators;

/// <summary>A diagnostic without the syntax tree that it was found in, so that it can be compared.</summary>
internal sealed record Finding(DiagnosticDescriptor Rule, string Path, TextSpan Span, LinePositionSpan Lines, EquatableArray<string> Arguments)
{
    public static Finding At(DiagnosticDescriptor rule, Location? location, params string[] arguments)
    {
        var lines = location?.GetLineSpan();
        return new Finding(rule, lines?.Path ?? "", location?.SourceSpan ?? default, lines?.Span ?? default, new EquatableArray<string>(arguments));
    }

    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Path.Length == 0 ? Location.None : Location.Create(Path, Span, Lines), [.. Arguments]);
}
