using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Controller.Tests.Sync;

/// <summary>A real kernel refuses the rules of one policy, or a step before it throws: the table holds everything else, and changes of other policies take effect.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class KernelRejectionTests
{
    private const string Node = "node-1";
    private static readonly Policy Bad = NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone(), "80/TCP")]);

    private static readonly NodeRuleSet Alone = PolicyCompiler.CompileNode(Cluster(Bad), Node);

    /// <summary>The counters of rules of the policy; its isolation is no rule.</summary>
    private static readonly HashSet<string> Counters = [.. Alone.Decisions.Where(d => d.Policy == Bad.Id).Select(d => ObjectNames.Decision(d.Id))];

    private static readonly string[] PortPolicies = [.. Alone.PortPolicies.Where(p => p.Entries.Any(c => Counters.Contains(ObjectNames.Decision(c.Decision)))).Select(p => p.Id.ToString())];

    [TestMethod]
    [DataRow("the kernel refuses it")]
    [DataRow("the kernel refuses what has effect")]
    [DataRow("it throws before the first commit")]
    [DataRow("it throws before it has effect")]
    public async Task A_policy_that_cannot_be_put_into_the_kernel_is_isolated_and_others_changes_are_programmed(string fault)
    {
        await using var session = new KernelSession(Node);
        session.Apply(Cluster(NetworkPolicy("a/lock", ingress: [Allow(Anyone(), "1/TCP")])));
        session.Start();
        await session.EnforcedAsync(PolicyCompiler.CompileNode(Cluster(NetworkPolicy("a/lock", ingress: [Allow(Anyone(), "1/TCP")])), Node));
        session.BeforeCommit = t => Fault(fault, t);

        var others = NetworkPolicy("a/lock", ingress: []);
        session.Apply(Cluster(Bad, others));
        await session.EnforcedAsync(Isolated(others));
        Assert.IsNotEmpty(session.Refusals);
        StringAssert.Contains(session.Store.Find(Node)!.Isolation.Isolated[Bad.Id].Reason, session.Refusals[0]);
        var refused = session.Refusals.Count;

        others = NetworkPolicy("a/lock", ingress: [Allow(Anyone(), "2/TCP")]);
        session.Apply(Cluster(Bad, others, NetworkPolicy("b/other", "app=other", ingress: [])));
        await session.EnforcedAsync(Isolated(others, NetworkPolicy("b/other", "app=other", ingress: [])));
        Assert.HasCount(refused, session.Refusals, string.Join("; ", session.Refusals));

        // It changes, and is what it says.
        session.Apply(Cluster(Bad with { Ingress = [] }, others));
        await session.EnforcedAsync(PolicyCompiler.CompileNode(Cluster(Bad with { Ingress = [] }, others), Node));
        Assert.IsEmpty(session.Store.Find(Node)!.Isolation.Isolated);
    }

    private static ClusterSnapshot Cluster(params Policy[] policies) => new TestCluster()
        .Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db").Pod("b/other", "10.0.0.3", "app=other").WithPolicies(policies).Snapshot;

    private static NodeRuleSet Isolated(params Policy[] others) =>
        PolicyCompiler.CompileNode(Cluster([Bad, .. others]).WithIsolatedPolicies(new Dictionary<PolicyId, IsolationDegree> { [Bad.Id] = IsolationDegree.AllowsNothing }, "the test"), Node);

    private static Transaction Fault(string fault, Transaction transaction)
    {
        var isPreparation = transaction.Operations.Any(o => o is Operation.AddCounter added && Counters.Contains(added.Counter.Name));
        var isEffect = IsWhole(transaction) ? isPreparation : transaction.Operations.OfType<Operation.AddElements>()
            .Any(a => a.Set.Name.EndsWith("-defaults", StringComparison.Ordinal) && PortPolicies.Any(new Transaction(transaction.Table, [a]).ToString().Contains));
        return fault switch
        {
            "the kernel refuses it" when isPreparation => Refused(transaction),
            "the kernel refuses what has effect" when isEffect => Refused(transaction),
            "it throws before the first commit" when isPreparation => throw new InvalidOperationException(fault),
            "it throws before it has effect" when isEffect => throw new InvalidOperationException(fault),
            _ => transaction,
        };
    }

    /// <summary>Whether the whole table is made anew in one transaction.</summary>
    private static bool IsWhole(Transaction transaction) => transaction.Operations.Any(o => o is Operation.AddTable);

    /// <summary>There is no such chain.</summary>
    private static Transaction Refused(Transaction transaction) => new(transaction.Table, [.. transaction.Operations, new Operation.DeleteChain("not_there")]);
}
