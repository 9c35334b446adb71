using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>Finds the changes that make a denied side allow.</summary>
internal static class RemedyFinder
{
    /// <summary>
    /// Returns all necessary changes in evaluation order: the deciding denial, and each later denial before the first rule or tier that allows. Empty for a
    /// side that allows.
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

    /// <summary>Adds the denials before the first rule that allows or passes. Returns whether that rule allows.</summary>
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

    /// <summary>Adds the isolation if no rule matches. Returns whether the tier is final: if policies isolate, no later tier is evaluated.</summary>
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
        // A rule in a policy that selects every pod, such as a default-deny, would open every pod.
        var narrowest = policies.Where(p => p.Isolation is null && !p.Subject.Pods.Requirements.IsEmpty)
            .Select(p => (Policy: p.Id, Pods: side.Cluster.Snapshot.Pods.Count(o => (o.IsSelectable || side.Cluster.IsSubject(o)) && side.Cluster.Selects(p.Subject, o))))
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

/// <summary>One necessary change, so that a side of a connection allows.</summary>
public abstract record RemedyChange
{
    private RemedyChange()
    {
    }

    /// <summary>A rule denies. It must no longer match, or an earlier rule must allow.</summary>
    /// <param name="Tier">The tier of the rule.</param>
    /// <param name="Step">The rule.</param>
    /// <param name="Isolation">The reason if NetPol isolated the policy. Its Allow rules then match nothing. Otherwise null.</param>
    public sealed record RuleDenies(Tier Tier, RuleStep Step, PolicyIsolation? Isolation) : RemedyChange;

    /// <summary>NetworkPolicies isolate the pod and none allows. One Allow rule is enough, in one of them or in another policy that selects the pod.</summary>
    /// <param name="IsolatedBy">The isolating policies, at least one.</param>
    /// <param name="Allowing">A rule that allows the connection, as narrow as labels and ports permit.</param>
    public sealed record Isolated(ValueArray<PolicyId> IsolatedBy, Rule Allowing) : RemedyChange
    {
        /// <summary>
        /// The policy to add the rule to: the one that selects the fewest pods. Null if each policy selects every pod of the namespace or is isolated. The
        /// rule then needs a new policy with <see cref="Subject"/>.
        /// </summary>
        public PolicyId? AddTo { get; init; }

        /// <summary>The number of pods that <see cref="AddTo"/> selects. 0 if it is null.</summary>
        public int AddToPodCount { get; init; }

        /// <summary>The subject for a new policy: the pod by its stable labels. Every pod of the namespace if the pod has no labels.</summary>
        public required PodSelection Subject { get; init; }

        /// <summary>The policies in <see cref="IsolatedBy"/> that NetPol isolated, with the reason. A rule that is added to one of them matches nothing.</summary>
        public ValueArray<KeyValuePair<PolicyId, PolicyIsolation>> Failing { get; init; } = [];
    }
}

/// <summary>Creates the NetworkPolicy rule that would allow a connection.</summary>
internal static class AllowRuleBuilder
{
    /// <summary>The label that every namespace has.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    /// <summary>Labels that controllers set to distinguish pods of one workload, or of its revisions.</summary>
    private static readonly string[] RevisionLabels =
    [
        "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/job-name",
        "controller-revision-hash", "controller-uid", "job-name", "pod-template-generation", "pod-template-hash", "statefulset.kubernetes.io/pod-name",
    ];

    /// <summary>Creates the rule with the peer's labels, or with its address if it is no pod or its namespace is unknown. The rule has no ports if the protocol has none.</summary>
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

    /// <summary>Returns the labels that select the pod and its replacements. All labels if none of them is stable.</summary>
    public static LabelSelector SelectorFor(Pod pod)
    {
        var stable = pod.Labels.Pairs.Where(l => !RevisionLabels.Contains(l.Key, StringComparer.Ordinal)).ToList();
        return LabelSelector.Create((stable.Count > 0 ? stable : [.. pod.Labels.Pairs]).Select(l => new SelectorRequirement(l.Key, SelectorOperator.In, [l.Value])));
    }
}
