using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MlOps.Generators;

/// <summary>Writes the binding of types marked <c>[ModelInput]</c> or <c>[ModelOutput]</c>.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelTypeGenerator : IIncrementalGenerator
{
    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        foreach (var (attribute, isInput) in new[] { ("MlOps.ModelInputAttribute", true), ("MlOps.ModelOutputAttribute", false) })
        {
            var types = context.SyntaxProvider.ForAttributeWithMetadataName(
                attribute,
                static (node, _) => node is TypeDeclarationSyntax,
                (found, _) => ModelTypeReader.Read((INamedTypeSymbol)found.TargetSymbol, (TypeDeclarationSyntax)found.TargetNode, isInput));
            context.RegisterSourceOutput(types, static (output, type) =>
            {
                foreach (var finding in type.Findings)
                    output.ReportDiagnostic(finding.ToDiagnostic());
                if (type.Findings.Count == 0)
                    output.AddSource(ModelTypeWriter.FileName(type), ModelTypeWriter.Write(type));
            });
        }
    }
}
