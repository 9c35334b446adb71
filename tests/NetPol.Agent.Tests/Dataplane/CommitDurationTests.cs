using System.Globalization;
using NetPol.Agent.Dataplane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Clusters;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>How long transactions take in a real kernel. Measures processor time, because the tests share the machine.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class CommitDurationTests
{
    [TestMethod]
    public void Policies_that_multiply_come_and_go_in_transactions_below_the_limit()
    {
        TestRequirements.Kernel();
        var cluster = MultiplyingPolicies.OfLabels(200, 50, 30);
        var withoutTenant = ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, cluster.Policies.Where(p => p.Id.Namespace != MultiplyingPolicies.Tenant));
        var (before, after) = (PolicyCompiler.CompileNode(withoutTenant, MultiplyingPolicies.Node), PolicyCompiler.CompileNode(cluster, MultiplyingPolicies.Node));
        using var lab = LabNetwork.Create(new([new(MultiplyingPolicies.Node, [System.Net.IPAddress.Parse("192.0.2.1")])], [], []), $"test{Environment.ProcessId}-commits");
        var commits = new MeasuredCommits();
        using var kernel = lab.Nodes[0].Run(() => KernelNftables.Open(TableFamily.Inet, commits));
        var pacer = new CommitPacer(TimeProvider.System, _ => { });
        kernel.Commit(TableDiff.Between(null, Renderer.Render(before)), pacer: pacer);
        var epoch = GuardEpoch.Even;
        foreach (var (from, to) in new[] { (before, after), (after, before) })
        {
            var change = Renderer.Render(NodeRuleSetDelta.Between(from, to), epoch: epoch);
            epoch = CommitGuard.EpochAfter(change, epoch);
            Assert.IsGreaterThan(5000, change.Size);
            kernel.Commit(change, pacer: pacer);
        }
        Assert.IsGreaterThan(20, commits.Times.Count);
        foreach (var (took, operations) in commits.Times.Where(c => c.Took > CommitPacer.MaxDuration))
            Assert.AreEqual(1, operations, $"{operations} operations took {took}");
    }

    private sealed class MeasuredCommits : INftablesInterceptor
    {
        public List<(TimeSpan Took, int Operations)> Times { get; } = [];

        public void Commit(Transaction transaction, Action<Transaction> commit)
        {
            var started = ProcessorTime();
            commit(transaction);
            Times.Add((ProcessorTime() - started, transaction.Operations.Count));
        }

        public T Read<T>(Func<T> read) => read();

        /// <summary>The processor time of this thread, the kernel's part included.</summary>
        private static TimeSpan ProcessorTime() =>
            TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000);
    }
}
