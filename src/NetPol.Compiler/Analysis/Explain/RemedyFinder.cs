using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>Finds what must change for a side to allow.</summary>
internal static class RemedyFinder
{
    /// <summary>
    /// Everything that must change, in the order of evaluation: what decides, and what would decide with that out of the way, until something
    /// allows or nothing is left. Empty for a side that allows.
    /// </summary>
    public static ValueArray<RemedyChange> Find(ConnectionSide side, ValueArray<TierExplanation> tiers)
    {
        var changes = new List<RemedyChange>();
        foreach (var tier in tiers)
        {
            var isFinal = tier.Tier == Tier.NetworkPolicy ? AddIsolation(side, tier, changes) : AddDenials(side, tier, changes);
            if (isFinal)
                break;
        }
        return changes.ToValueArray();
    }

    /// <summary>Adds the denials before the first rule that allows or passes, and says whether that one allows.</summary>
    private static bool AddDenials(ConnectionSide side, TierExplanation tier, List<RemedyChange> changes)
    {
        foreach (var step in tier.Steps.Where(s => s.Matches))
        {
            if (step.Action != RuleAction.Deny)
                return step.Action == RuleAction.Allow;
            changes.Add(new RemedyChange.RuleDenies(tier.Tier, step, side.Cluster.Policy(step.Policy).Isolation));
        }
        return false;
    }

    /// <summary>Where policies isolate the tier is final: what lets the connection pass here needs no later tier.</summary>
    private static bool AddIsolation(ConnectionSide side, TierExplanation tier, List<RemedyChange> changes)
    {
        if (tier.Outcome is TierOutcome.NoPolicies or TierOutcome.NotApplicable)
            return false;
        if (!tier.Steps.Any(s => s.Matches))
            changes.Add(Isolated(side, tier.Policies));
        return true;
    }

    private static RemedyChange.Isolated Isolated(ConnectionSide side, ValueArray<PolicyId> isolatedBy)
    {
        var pod = side.SubjectPods.First(p => string.Equals(p.Id.Namespace, isolatedBy[0].Namespace, StringComparison.Ordinal));
        var policies = isolatedBy.Select(side.Cluster.Policy).ToList();
        // A rule in a policy for every pod, as a default-deny is, would open them all.
        var narrowest = policies.Where(p => p.Isolation is null && !p.Subject.Pods.Requirements.IsEmpty)
            .Select(p => (Policy: p.Id, Pods: side.Cluster.Snapshot.Pods.Count(o => o.IsSelectable && side.Cluster.Selects(p.Subject, o))))
            .OrderBy(p => p.Pods).ThenBy(p => p.Policy).Take(1).ToList();
        return new(isolatedBy, AllowRuleBuilder.Create(side, isolatedBy))
        {
            AddTo = narrowest.Count > 0 ? narrowest[0].Policy : null,
            AddToPodCount = narrowest.Count > 0 ? narrowest[0].Pods : 0,
            Subject = PodSelection.InNamespace(pod.Id.Namespace, AllowRuleBuilder.SelectorFor(pod)),
            Failing = policies.Where(p => p.Isolation is not null).Select(p => KeyValuePair.Create(p.Id, p.Isolation!)).ToValueArray(),
        };
    }
}

/// <summary>One thing that keeps a side of a connection from being allowed.</summary>
public abstract record RemedyChange
{
    private RemedyChange()
    {
    }

    /// <summary>A rule denies: it must match no longer, or a rule that allows must stand before it.</summary>
    /// <param name="Tier">The tier of the rule.</param>
    /// <param name="Step">The rule.</param>
    /// <param name="Isolation">Why NetPol isolated the policy, whose own Allow rules then match nothing; null for other policies.</param>
    public sealed record RuleDenies(Tier Tier, RuleStep Step, PolicyIsolation? Isolation) : RemedyChange;

    /// <summary>NetworkPolicies isolate the pod and none allows: one rule that does is enough, in one of them or in another that selects the pod.</summary>
    /// <param name="IsolatedBy">Those policies, at least one.</param>
    /// <param name="Allowing">Such a rule, as narrow as labels and ports can say it.</param>
    public sealed record Isolated(ValueArray<PolicyId> IsolatedBy, Rule Allowing) : RemedyChange
    {
        /// <summary>
        /// The policy to add the rule to: the one that selects the fewest pods. Null where each selects every pod of the namespace, or has no effect
        /// but isolation: the rule then needs a new policy with <see cref="Subject"/>.
        /// </summary>
        public PolicyId? AddTo { get; init; }

        /// <summary>How many pods <see cref="AddTo"/> selects; 0 without one.</summary>
        public int AddToPodCount { get; init; }

        /// <summary>The pod, as a new policy selects it: by its lasting labels. It selects every pod of the namespace where the pod has no labels.</summary>
        public required PodSelection Subject { get; init; }

        /// <summary>Those of <see cref="IsolatedBy"/> that NetPol isolated, with the reason: a rule that is added there matches nothing.</summary>
        public ValueArray<KeyValuePair<PolicyId, PolicyIsolation>> Failing { get; init; } = [];
    }
}

/// <summary>Writes the rule of a NetworkPolicy that would allow a connection.</summary>
internal static class AllowRuleBuilder
{
    /// <summary>The label that every namespace has.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>What controllers put on pods to tell them from those of the next revision, or from each other.</summary>
    private static readonly string[] RevisionLabels =
    [
        "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/job-name",
        "controller-revision-hash", "controller-uid", "job-name", "pod-template-generation", "pod-template-hash", "statefulset.kubernetes.io/pod-name",
    ];

    /// <summary>The peer by its labels, or by its address where it is no pod, or its namespace is not known; without ports where the protocol has none.</summary>
    public static Rule Create(ConnectionSide side, ValueArray<PolicyId> isolatedBy)
    {
        var (protocol, port) = (side.Connection.Protocol, side.Connection.Port);
        ValueArray<PortMatch>? ports = protocol.HasPorts() ? [new PortMatch.Numbers(protocol, new(port, port))] : null;
        return new(0, null, RuleAction.Allow, [PeerOf(side, isolatedBy)], ports);
    }

    private static Peer PeerOf(ConnectionSide side, ValueArray<PolicyId> isolatedBy)
    {
        var address = new Peer.Network(Cidr.Create(side.Peer, side.Peer.Family == IpFamily.V4 ? 32 : 128));
        if (side.PeerPods is not [var pod, ..])
            return address;
        var (space, pods) = (pod.Id.Namespace, SelectorFor(pod));
        if (isolatedBy.All(p => string.Equals(p.Namespace, space, StringComparison.Ordinal)))
            return new Peer.Pods(PodSelection.InNamespace(space, pods));
        return side.Cluster.IsKnownNamespace(space) ? new Peer.Pods(PodSelection.InNamespaces(LabelSelector.Create((NameLabel, space)), pods)) : address;
    }

    /// <summary>The labels by which a policy can select the pod and its replacements; all of them where none lasts.</summary>
    public static LabelSelector SelectorFor(Pod pod)
    {
        var lasting = pod.Labels.Pairs.Where(l => !RevisionLabels.Contains(l.Key, StringComparer.Ordinal)).ToList();
        return LabelSelector.Create((lasting.Count > 0 ? lasting : [.. pod.Labels.Pairs]).Select(l => new SelectorRequirement(l.Key, SelectorOperator.In, [l.Value])));
    }
}
