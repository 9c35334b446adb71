using NetPol.Benchmarks;
using NetPol.Benchmarks.Conntrack;
using NetPol.Benchmarks.DataPlane;
using NetPol.Benchmarks.FlowRecords;
using NetPol.Benchmarks.KernelLoad;
using NetPol.Benchmarks.Tenants;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// One line a benchmark: its name and what runs it with the remaining arguments, for an exit code.
var benchmarks = new SortedDictionary<string, Func<string[], int>>(StringComparer.Ordinal)
{
    ["budget"] = BudgetBenchmark.Run,
    ["changes"] = IncrementalBenchmark.Run,
    ["compare"] = DiffBenchmark.Run,
    ["compile"] = CompileBenchmark.Run,
    ["counting"] = CounterBenchmark.Run,
    ["cut"] = StaleConnectionBenchmark.Run,
    ["dataplane"] = DataPlaneBenchmark.Run,
    ["flood"] = DeniedFloodBenchmark.Run,
    ["load"] = KernelLoadBenchmark.Run,
    ["networks"] = CidrLoadBenchmark.Run,
    ["neighbor"] = NeighborBenchmark.Run,
    ["tenants"] = TenantsBenchmark.Run,
};
if (args.Length > 0 && benchmarks.TryGetValue(args[0], out var run))
    return run(args[1..]);
Console.Error.WriteLine($"which benchmark? {string.Join(", ", benchmarks.Keys)}");
return 2;
