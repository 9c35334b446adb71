using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Adds what every table has: the base chains, and a policy chain with empty sets for each enforcement point and family.</summary>
internal static class BaseChains
{
    public const string TableName = "netpol";

    public const string ForwardChain = "forward";

    public const string InputChain = "input";

    public const string TableComment = "Kubernetes network policies, managed by NetPol";

    private static readonly ChainState[][] ByEpoch = [.. Enum.GetValues<GuardEpoch>().Select(e => (ChainState[])[Forward(e), Input(e)])];

    /// <summary>Returns the base chains with the commit guard of an epoch.</summary>
    public static IReadOnlyList<ChainState> At(GuardEpoch epoch) => ByEpoch[(int)epoch];

    public static bool Contain(string chain) => chain is ForwardChain or InputChain;

    public static void AddTo(ObjectCollector to)
    {
        foreach (var layout in PolicyChains.All)
            layout.AddBase(to);
        to.Add(new Counter(ObjectNames.Unlogged, "packets beyond the rate of the log"));
        to.Add(new Counter(ObjectNames.Unready, UnreadyPodChains.CounterComment));
        foreach (var unready in UnreadyPodChains.All)
            unready.AddBase(to);
        NodeSets.AddBase(to);
        SourceValidation.AddBase(to);
        StaleFlowChain.AddBase(to);
        CommitGuard.AddBase(to);
        foreach (var chain in At(GuardEpoch.Even))
            to.Add(chain);
    }

    private static ChainState Forward(GuardEpoch epoch) => new(
        new(ForwardChain, new(BaseHook.Forward, BaseChain.FilterPriority), "connections of local pods"),
        [
            Established(),
            .. SourceValidation.Forward(),
            StaleFlowChain.JumpRule(),
            .. UnreadyPodChains.All.SelectMany(h => h.DropUnreadyEnds()),
            JumpToPolicyChain(EnforcementPoint.PodEgress, IpFamily.V4), JumpToPolicyChain(EnforcementPoint.PodEgress, IpFamily.V6),
            JumpToPolicyChain(EnforcementPoint.PodIngress, IpFamily.V4), JumpToPolicyChain(EnforcementPoint.PodIngress, IpFamily.V6),
            CommitGuard.DropRule(epoch),
        ]);

    private static ChainState Input(GuardEpoch epoch) => new(
        new(InputChain, new(BaseHook.Input, BaseChain.FilterPriority), "connections of local pods to this node"),
        [
            Established(),
            // A bridge has an address in the pod CIDR, and the node may use it to connect to itself.
            new(new Statement.FromLoopback(), new Statement.Verdict(PacketVerdict.Accept)),
            .. SourceValidation.Input(),
            .. UnreadyPodChains.All.Select(h => h.DropUnreadySource()),
            JumpToPolicyChain(EnforcementPoint.PodToHost, IpFamily.V4), JumpToPolicyChain(EnforcementPoint.PodToHost, IpFamily.V6),
            CommitGuard.DropRule(epoch),
        ]);

    private static Rule Established() => new(new Statement.CtState(ConntrackStates.Established), new Statement.Verdict(PacketVerdict.Accept));

    private static Rule JumpToPolicyChain(EnforcementPoint point, IpFamily family)
    {
        var layout = PolicyChains.For(point, family);
        return new(new Statement.Lookup(layout.SubjectField, layout.Subjects.Name), new Statement.Verdict(PacketVerdict.Jump(layout.Chain)));
    }
}

/// <summary>The addresses of every node of the cluster, in one set per address family: <c>nodes-4</c> and <c>nodes-6</c>.</summary>
internal static class NodeSets
{
    private static readonly Set[] Sets =
    [
        new() { Name = "nodes-4", Key = new(KeyField.Ipv4Addr) },
        new() { Name = "nodes-6", Key = new(KeyField.Ipv6Addr) },
    ];

    /// <summary>The name of the set of a family.</summary>
    public static string Name(IpFamily family) => For(family).Name;

    /// <summary>Adds the empty sets.</summary>
    public static void AddBase(ObjectCollector to)
    {
        foreach (var set in Sets)
            to.Add(set);
    }

    /// <summary>Adds an address of a node to the set of its family.</summary>
    public static void Add(ObjectCollector to, IpAddress node)
    {
        var set = For(node.Family);
        to.Add(set, Element.Create(set.Key.Key(node.Value)));
    }

    private static Set For(IpFamily family) => Sets[(int)family];
}
