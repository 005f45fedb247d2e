using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MlOps.Generators;

/// <summary>Writes the binding of types marked <c>[FeatureRow]</c> or <c>[FeatureVector]</c>.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class FeatureRowGenerator : IIncrementalGenerator
{
    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        foreach (var (attribute, isStored) in new[] { ("MlOps.FeatureRowAttribute", true), ("MlOps.FeatureVectorAttribute", false) })
        {
            var types = context.SyntaxProvider.ForAttributeWithMetadataName(
                attribute,
                static (node, _) => node is TypeDeclarationSyntax,
                (found, _) => RowTypeReader.Read((INamedTypeSymbol)found.TargetSymbol, (TypeDeclarationSyntax)found.TargetNode, isStored));
            context.RegisterSourceOutput(types, static (output, type) =>
            {
                foreach (var finding in type.Findings)
                    output.ReportDiagnostic(finding.ToDiagnostic());
                if (type.Findings.Count == 0)
                    output.AddSource(RowTypeWriter.FileName(type), RowTypeWriter.Write(type));
            });
        }
    }
}
