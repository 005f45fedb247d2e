using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace MlOps.Generators.Tests;

/// <summary>A source that went through the generator and the analyzer.</summary>
internal sealed class Compiled
{
    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Preview);

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "MlOps.Core.dll" or "MlOps.FeatureStore.dll" or "MlOps.Serving.dll" or "MlOps.Registry.dll" or "netstandard.dll"))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private Compiled(Compilation compilation, ImmutableArray<Diagnostic> diagnostics)
    {
        Compilation = compilation;
        Diagnostics = diagnostics;
    }

    public Compilation Compilation { get; }

    /// <summary>What the generator reported.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    public IEnumerable<string> Ids => Diagnostics.Select(diagnostic => diagnostic.Id);

    public static Compiled From(string source)
    {
        var tree = CSharpSyntaxTree.ParseText("using System; using System.Linq; using MlOps; using MlOps.Features; using MlOps.Serving;\n" + source, Parsing, "Source.cs");
        var compilation = CSharpCompilation.Create(
            "Made" + Guid.NewGuid().ToString("n"), [tree], References, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create([new FeatureRowGenerator().AsSourceGenerator(), new ModelTypeGenerator().AsSourceGenerator()], parseOptions: Parsing)
            .RunGeneratorsAndUpdateCompilation(compilation, out var output, out var diagnostics);
        return new Compiled(output, diagnostics);
    }

    /// <summary>What the purity analyzer reports.</summary>
    public static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(string source)
    {
        var compilation = From(source).Compilation;
        compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Should().BeEmpty();
        return await compilation.WithAnalyzers([new PureTransformAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }

    /// <summary>Compiles and loads; fails on errors.</summary>
    public Assembly Load()
    {
        using var bytes = new MemoryStream();
        var result = Compilation.Emit(bytes);
        result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Should().BeEmpty();
        return Assembly.Load(bytes.ToArray());
    }

    /// <summary>Runs a public static method of a class <c>Program</c>.</summary>
    public object? Run(string method) => Load().GetType("Program")!.GetMethod(method)!.Invoke(null, null);
}
