using NetPol.Benchmarks;
using NetPol.Benchmarks.Cutting;
using NetPol.Benchmarks.DataPlane;
using NetPol.Benchmarks.FlowRecords;
using NetPol.Benchmarks.KernelLoad;
using NetPol.Benchmarks.Tenants;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// One line a benchmark: its name and what runs it with the remaining arguments, for an exit code.
var benchmarks = new SortedDictionary<string, Func<string[], int>>(StringComparer.Ordinal)
{
    ["budget"] = BudgetBenchmark.Run,
    ["changes"] = ChangeBenchmark.Run,
    ["compare"] = CompareBenchmark.Run,
    ["compile"] = CompileBenchmark.Run,
    ["counting"] = CountingBenchmark.Run,
    ["cut"] = CutBenchmark.Run,
    ["dataplane"] = DataPlaneBenchmark.Run,
    ["flood"] = FloodBenchmark.Run,
    ["load"] = KernelLoadBenchmark.Run,
    ["networks"] = NetworksBenchmark.Run,
    ["neighbor"] = NeighborBenchmark.Run,
    ["tenants"] = TenantsBenchmark.Run,
};
if (args.Length > 0 && benchmarks.TryGetValue(args[0], out var run))
    return run(args[1..]);
Console.Error.WriteLine($"which benchmark? {string.Join(", ", benchmarks.Keys)}");
return 2;
