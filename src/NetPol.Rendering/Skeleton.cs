using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>What is in the table whatever the rules are: the base chains, and per hook and family the judging chain with its empty sets.</summary>
internal static class Skeleton
{
    public const string TableName = "netpol";

    public const string ForwardChain = "forward";

    public const string InputChain = "input";

    public const string TableComment = "Kubernetes network policies, managed by NetPol";

    public static void Add(ObjectCollector to)
    {
        foreach (var layout in HookLayout.All)
            layout.AddSkeleton(to);
        to.Add(new Counter(Names.Unlogged, "packets beyond the rate of the log"));
        to.Add(new Counter(Names.Held, HoldLayout.CounterComment));
        foreach (var hold in HoldLayout.All)
            hold.AddSkeleton(to);
        NodeSets.AddSkeleton(to);
        SourceValidation.AddSkeleton(to);
        CutLayout.AddSkeleton(to);
        SettleLayout.AddSkeleton(to);
        to.Add(new ChainState(
            new(ForwardChain, new(BaseHook.Forward, BaseChain.FilterPriority), "connections of local pods"),
            [
                Established(),
                .. SourceValidation.Forward(),
                CutLayout.Look(),
                .. HoldLayout.All.SelectMany(h => h.Both()),
                JudgeSubjects(Hook.Egress, IpFamily.V4), JudgeSubjects(Hook.Egress, IpFamily.V6),
                JudgeSubjects(Hook.Ingress, IpFamily.V4), JudgeSubjects(Hook.Ingress, IpFamily.V6),
                SettleLayout.Look(),
            ]));
        to.Add(new ChainState(
            new(InputChain, new(BaseHook.Input, BaseChain.FilterPriority), "connections of local pods to this node"),
            [
                Established(),
                // A bridge's address lies in the node's network of pods, and the node speaks to itself from there.
                new(new Statement.FromLoopback(), new Statement.Decide(PacketVerdict.Accept)),
                .. SourceValidation.Input(),
                .. HoldLayout.All.Select(h => h.Sender()),
                JudgeSubjects(Hook.EgressToNode, IpFamily.V4), JudgeSubjects(Hook.EgressToNode, IpFamily.V6),
                SettleLayout.Look(),
            ]));
    }

    private static Rule Established() => new(new Statement.CtState(CtStates.Established), new Statement.Decide(PacketVerdict.Accept));

    private static Rule JudgeSubjects(Hook hook, IpFamily family)
    {
        var layout = HookLayout.For(hook, family);
        return new(new Statement.InSet(layout.SubjectField, layout.Subjects.Name), new Statement.Decide(PacketVerdict.Jump(layout.Chain)));
    }
}
