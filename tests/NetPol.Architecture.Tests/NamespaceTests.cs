using Mono.Cecil;
using Mono.Cecil.Cil;

namespace NetPol.Architecture.Tests;

/// <summary>Inside a project the namespaces use each other in one direction: read from the compiled assemblies, so that no reference is missed.</summary>
[TestClass]
public sealed class NamespaceTests
{
    [TestMethod]
    public void Namespaces_of_a_project_have_no_cycles()
    {
        var cycles = new List<string>();
        foreach (var project in ProjectFile.In("src"))
            cycles.AddRange(Cycles(References(AssemblyOf(project.Name))).Select(c => $"{project.Name}: {c}"));
        Assert.AreEqual("", string.Join('\n', cycles));
    }

    [TestMethod]
    public void A_cycle_is_found()
    {
        var references = new Dictionary<(string From, string To), string>
        {
            [("A", "A.B")] = "One uses Two",
            [("A.B", "A.C")] = "Two uses Three",
            [("A.C", "A")] = "Three uses One",
            [("A.C", "A.D")] = "Three uses Four",
        };
        Assert.AreEqual("A -> A.B (One uses Two), A.B -> A.C (Two uses Three), A.C -> A (Three uses One)", string.Join('\n', Cycles(references)));
    }

    [TestMethod]
    public void References_between_namespaces_are_seen() =>
        Assert.IsTrue(References(AssemblyOf("NetPol.Compiler")).ContainsKey(("NetPol.Compiler", "NetPol.Compiler.RuleSets")));

    private static string AssemblyOf(string project)
    {
        var name = project switch
        {
            "NetPol.Agent" => "netpol-agent",
            "NetPol.Cli" => "netpol",
            "NetPol.Controller" => "netpol-controller",
            _ => project,
        };
        return Path.Combine(AppContext.BaseDirectory, name + ".dll");
    }

    // From one namespace to another of the same assembly, with a pair of types that shows it.
    private static Dictionary<(string From, string To), string> References(string path)
    {
        var found = new Dictionary<(string From, string To), string>();
        using var assembly = AssemblyDefinition.ReadAssembly(path);
        foreach (var type in assembly.MainModule.GetTypes())
        {
            var from = Outermost(type);
            foreach (var used in Used(type).SelectMany(Parts))
            {
                var to = Outermost(used);
                if (to.Scope == assembly.MainModule && to.Namespace != from.Namespace && IsWritten(from) && IsWritten(to))
                    found.TryAdd((from.Namespace, to.Namespace), $"{from.Name} uses {to.Name}");
            }
        }
        return found;
    }

    private static bool IsWritten(TypeReference type) => type.Namespace.StartsWith("NetPol.", StringComparison.Ordinal);

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        if (type.BaseType is not null)
            yield return type.BaseType;
        foreach (var i in type.Interfaces)
            yield return i.InterfaceType;
        foreach (var f in type.Fields)
            yield return f.FieldType;
        foreach (var a in type.CustomAttributes)
            yield return a.AttributeType;
        foreach (var method in type.Methods)
        {
            yield return method.ReturnType;
            foreach (var p in method.Parameters)
                yield return p.ParameterType;
            if (!method.HasBody)
                continue;
            foreach (var v in method.Body.Variables)
                yield return v.VariableType;
            foreach (var used in method.Body.Instructions.SelectMany(Used))
                yield return used;
        }
    }

    private static IEnumerable<TypeReference> Used(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [method.DeclaringType, .. method.GenericArguments],
        MemberReference { DeclaringType: { } declaring } => [declaring],
        _ => [],
    };

    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Prepend(generic.ElementType),
        TypeSpecification specification => Parts(specification.ElementType),
        GenericParameter => [],
        _ => [type],
    };

    // One shortest cycle through each namespace that is on one, each cycle once.
    private static SortedSet<string> Cycles(Dictionary<(string From, string To), string> references)
    {
        var next = references.Keys.ToLookup(r => r.From, r => r.To, StringComparer.Ordinal);
        var cycles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var start in next.Select(g => g.Key))
        {
            var before = new Dictionary<string, string>(StringComparer.Ordinal);
            var waiting = new Queue<string>([start]);
            while (waiting.TryDequeue(out var here) && !before.ContainsKey(start))
                foreach (var to in next[here].Order(StringComparer.Ordinal))
                    if (before.TryAdd(to, here) && to != start)
                        waiting.Enqueue(to);
            if (!before.ContainsKey(start))
                continue;
            var way = new List<string> { start };
            for (var at = before[start]; at != start; at = before[at])
                way.Insert(0, at);
            // Written from its first name on, so that it is the same from wherever the search began.
            var first = way.IndexOf(way.Min(StringComparer.Ordinal)!);
            way = [.. way[first..], .. way[..first]];
            cycles.Add(string.Join(", ", way.Select((n, i) => $"{n} -> {way[(i + 1) % way.Count]} ({references[(n, way[(i + 1) % way.Count])]})")));
        }
        return cycles;
    }
}
