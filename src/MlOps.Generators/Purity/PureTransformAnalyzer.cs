using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace MlOps.Generators;

/// <summary>Reports transforms that depend on more than their parameters.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class PureTransformAnalyzer : DiagnosticAnalyzer
{
    private static readonly HashSet<string> Builders = ["FeatureServiceBuilder", "FeatureViewBuilder", "FeatureRowBindingBuilder"];

    /// <inheritdoc />
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => ImmutableArray.Create(Rules.Impure);

    /// <inheritdoc />
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterOperationAction(CheckArguments, OperationKind.Invocation);
        context.RegisterOperationBlockAction(CheckMarkedMethod);
    }

    private static void CheckArguments(OperationAnalysisContext context)
    {
        var invocation = (IInvocationOperation)context.Operation;
        var builder = invocation.TargetMethod.ContainingType;
        if (!Builders.Contains(builder.Name) || builder.ContainingNamespace.ToDisplayString() != "MlOps.Features")
            return;
        foreach (var argument in invocation.Arguments)
        {
            // What gives nothing back transforms nothing: it fills in a definition.
            if (argument.Value is not IDelegateCreationOperation { Target: var target, Type: INamedTypeSymbol { DelegateInvokeMethod.ReturnsVoid: false } })
                continue;
            if (target is IAnonymousFunctionOperation lambda)
                Report(lambda, lambda.Body, context.ReportDiagnostic);
            else if (target is IMethodReferenceOperation { Method: var method } && !IsMarked(method))
                CheckReferenced(method, argument.Syntax.GetLocation(), context);
        }
    }

    // A method's own body is looked at where it is used, since nothing marks it.
    private static void CheckReferenced(IMethodSymbol method, Location use, OperationAnalysisContext context)
    {
        foreach (var reference in method.DeclaringSyntaxReferences)
        {
            var syntax = reference.GetSyntax(context.CancellationToken);
            if (syntax.SyntaxTree != context.Operation.Syntax.SyntaxTree || context.Operation.SemanticModel?.GetOperation(syntax, context.CancellationToken) is not { } body)
                continue;
            foreach (var (what, why, _) in ImpureOperations.In(body, body))
                context.ReportDiagnostic(Diagnostic.Create(Rules.Impure, use, $"{what} in '{method.Name}'", why));
        }
    }

    private static void CheckMarkedMethod(OperationBlockAnalysisContext context)
    {
        if (context.OwningSymbol is not IMethodSymbol method || !IsMarked(method))
            return;
        foreach (var block in context.OperationBlocks)
            Report(block, block, context.ReportDiagnostic);
    }

    private static void Report(IOperation scope, IOperation body, Action<Diagnostic> report)
    {
        foreach (var (what, why, place) in ImpureOperations.In(scope, body))
            report(Diagnostic.Create(Rules.Impure, place.Syntax.GetLocation(), what, why));
    }

    private static bool IsMarked(IMethodSymbol method) =>
        method.GetAttributes().Any(attribute => attribute.AttributeClass is { Name: "FeatureTransformAttribute", ContainingNamespace.Name: "MlOps" });
}
