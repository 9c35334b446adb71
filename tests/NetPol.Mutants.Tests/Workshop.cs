using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;
using NetPol.Testing;

namespace NetPol.Mutants.Tests;

/// <summary>Compiles the sources of the model, the compiler and the tests' judges, as they are or with a mistake, into one assembly in memory.</summary>
internal sealed class Workshop
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.Latest);

    private static readonly string[] Folders = ["src/NetPol.Model", "src/NetPol.Compiler"];

    /// <summary>Of NetPol.Testing only what judging needs.</summary>
    private static readonly string[] JudgeFiles =
    [
        "Agreement", "Changes", "ClusterGenerators", "FixedSamples", "Generators", "JudgedWorld", "Make", "Oracle", "OracleSelectors", "OracleSide", "PolicyGenerators",
        "Step", "StepGenerators", "Vocabulary",
    ];

    private const string GlobalUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; " +
        "global using System.Threading; global using System.Threading.Tasks;";

    private readonly CSharpCompilation _sound;
    private readonly Dictionary<string, SyntaxTree> _trees;

    public Workshop()
    {
        var files = Folders.SelectMany(f => Directory.GetFiles(Repository.Path(f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Concat(JudgeFiles.Select(f => Repository.Path($"tests/NetPol.Testing/{f}.cs")))
            .Append(Repository.Path("tests/NetPol.Mutants.Tests/Judges.cs"));
        _trees = files.ToDictionary(f => f, f => Parse(File.ReadAllText(f), f), StringComparer.Ordinal);
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(a => Path.GetFileName(a) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "CsCheck.dll" or "netstandard.dll"));
        _sound = CSharpCompilation.Create(
            "Mutant",
            [Parse(GlobalUsings, "GlobalUsings.cs"), .. _trees.Values],
            platform.Select(a => MetadataReference.CreateFromFile(a)),
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>What the judges object to in the sources as they are; null: nothing.</summary>
    public string? JudgeSound(int samples) => Judge(_sound, samples);

    /// <summary>What the judges object to in the mutant; null: it survives.</summary>
    /// <exception cref="InvalidOperationException">The mutation no longer fits the sources.</exception>
    public string? Judge(Mutation mutation, int samples)
    {
        var (file, mutated) = Apply(mutation);
        return Judge(_sound.ReplaceSyntaxTree(_trees[file], Parse(mutated, file)), samples);
    }

    /// <summary>The mutated file: its path, and its text with the mistake.</summary>
    /// <exception cref="InvalidOperationException">The mutation no longer fits the sources.</exception>
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

    private static string? Judge(CSharpCompilation compilation, int samples)
    {
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        if (!emitted.Success)
        {
            var errors = emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error);
            throw new InvalidOperationException($"does not compile: {string.Join("; ", errors.Take(3))}");
        }
        image.Position = 0;
        // It stays: a runtime that unloads assemblies while others run generic code of theirs has been seen to crash, and all of them need little.
        var judges = new AssemblyLoadContext("mutant").LoadFromStream(image).GetType("NetPol.Mutants.Tests.Judges", throwOnError: true)!;
        return (string?)judges.GetMethod("FirstObjection")!.Invoke(null, [samples]);
    }

    private static SyntaxTree Parse(string text, string file) => CSharpSyntaxTree.ParseText(SourceText.From(text), Language, file);
}
