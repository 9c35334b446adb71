using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using NetPol.Testing.Infrastructure;

namespace NetPol.Mutants.Tests;

/// <summary>
/// Compiles the sources, unchanged or with one mutation, together with the checks, into one assembly in memory. A mutation of the compiler recompiles only
/// the compiler, against the built model and oracle. A mutation of the model recompiles everything, because everything uses the model.
/// </summary>
internal sealed class MutantCompiler
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest);

    private const string Model = "src/NetPol.Model";

    private const string Compiler = "src/NetPol.Compiler";

    private const string GlobalUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; " +
        "global using System.Threading; global using System.Threading.Tasks; global using Microsoft.VisualStudio.TestTools.UnitTesting;";

    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _everything;
    private readonly CSharpCompilation _compilerAlone;

    public MutantCompiler()
    {
        var checks = Repository.Path($"tests/NetPol.Mutants.Tests/{nameof(MutantChecks)}.cs");
        var (model, compiler) = (Sources(Model), Sources(Compiler));
        _trees = model.Concat(compiler).Concat(TestingFiles(checks)).Append(checks).ToDictionary(f => f, f => Parse(File.ReadAllText(f), f), StringComparer.Ordinal);
        _everything = Compilation(_trees.Values, []);
        _compilerAlone = Compilation(compiler.Append(checks).Select(f => _trees[f]), ["NetPol.Model.dll", "NetPol.Testing.dll"]);
    }

    /// <summary>Runs the checks on the unchanged sources. Returns the first failure, or null if all checks pass.</summary>
    public string? CheckUnchanged(int samples) => Check(_everything, samples) ?? Check(_compilerAlone, samples);

    /// <summary>Runs the checks on the mutant. Returns the first failure, or null if the mutant survives.</summary>
    /// <exception cref="InvalidOperationException">There is no such file, or it does not contain the searched text exactly once.</exception>
    public string? Check(Mutation mutation, int samples)
    {
        var (file, mutated) = Apply(mutation);
        var unchanged = mutation.File.StartsWith("NetPol.Compiler/", StringComparison.Ordinal) ? _compilerAlone : _everything;
        return Check(unchanged.ReplaceSyntaxTree(_trees[file], Parse(mutated, file)), samples);
    }

    /// <summary>Returns the path of the mutated file and its mutated text.</summary>
    /// <exception cref="InvalidOperationException">There is no such file, or it does not contain the searched text exactly once.</exception>
    public (string File, string Text) Apply(Mutation mutation)
    {
        var file = Repository.Path($"src/{mutation.File}");
        if (!_trees.TryGetValue(file, out var tree))
            throw new InvalidOperationException($"there is no {mutation.File}");
        var text = tree.GetText().ToString();
        var at = text.IndexOf(mutation.Search, StringComparison.Ordinal);
        if (at < 0 || text.IndexOf(mutation.Search, at + 1, StringComparison.Ordinal) >= 0)
            throw new InvalidOperationException($"{mutation.File} does not hold exactly once: {mutation.Search}");
        return (file, string.Concat(text.AsSpan(0, at), mutation.Replace, text.AsSpan(at + mutation.Search.Length)));
    }

    private static string? Check(CSharpCompilation compilation, int samples)
    {
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        if (!emitted.Success)
        {
            var errors = emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error);
            throw new InvalidOperationException($"does not compile: {string.Join("; ", errors.Take(3))}");
        }
        image.Position = 0;
        // The assembly is not unloaded: the runtime has crashed when it unloaded assemblies while others ran their generic code. The assemblies are small.
        var checks = new AssemblyLoadContext("mutant").LoadFromStream(image).GetType(typeof(MutantChecks).FullName!, throwOnError: true)!;
        return (string?)checks.GetMethod(nameof(MutantChecks.FirstDifference))!.Invoke(null, [samples]);
    }

    private static string[] Sources(string folder) =>
    [
        .. Directory.GetFiles(Repository.Path(folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)),
    ];

    /// <summary>Returns the files of NetPol.Testing that declare the types which the checks use, directly or indirectly.</summary>
    private static IEnumerable<string> TestingFiles(string checks)
    {
        // The fake API server needs ASP.NET Core. No check uses it; some of its types only have the names of others.
        var trees = Sources("tests/NetPol.Testing").Where(f => !f.Contains("/ApiServer/", StringComparison.Ordinal)).Select(f => Parse(File.ReadAllText(f), f)).ToArray();
        var declaring = trees.SelectMany(t => Declared(t).Select(name => (Name: name, Tree: t))).ToLookup(d => d.Name, d => d.Tree, StringComparer.Ordinal);
        var found = new HashSet<SyntaxTree>();
        var open = new Queue<SyntaxTree>([Parse(File.ReadAllText(checks), checks)]);
        while (open.TryDequeue(out var next))
        {
            foreach (var name in next.GetRoot().DescendantTokens().Where(t => t.IsKind(SyntaxKind.IdentifierToken)).Select(t => t.ValueText).Distinct(StringComparer.Ordinal))
            {
                foreach (var tree in declaring[name].Where(found.Add))
                    open.Enqueue(tree);
            }
        }
        return found.Select(t => t.FilePath);
    }

    /// <summary>Returns the names of declared types and extension methods.</summary>
    private static IEnumerable<string> Declared(SyntaxTree tree) => tree.GetRoot().DescendantNodes().SelectMany(node => node switch
    {
        BaseTypeDeclarationSyntax type => [type.Identifier.ValueText],
        MethodDeclarationSyntax { ParameterList.Parameters: [var first, ..] } method when first.Modifiers.Any(SyntaxKind.ThisKeyword) => [method.Identifier.ValueText],
        _ => (string[])[],
    });

    private static CSharpCompilation Compilation(IEnumerable<SyntaxTree> trees, string[] built)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(a => Path.GetFileName(a) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "CsCheck.dll" or "MSTest.TestFramework.dll" or "netstandard.dll" || built.Contains(name, StringComparer.Ordinal)));
        return CSharpCompilation.Create(
            "Mutant",
            [Parse(GlobalUsings, "GlobalUsings.cs"), .. trees],
            references.Select(a => MetadataReference.CreateFromFile(a)),
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
    }

    private static SyntaxTree Parse(string text, string file) => CSharpSyntaxTree.ParseText(SourceText.From(text), Language, file);
}
