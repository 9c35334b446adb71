using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Agent.Network;

/// <summary>The local pods that a rule set names.</summary>
internal sealed class LocalPods
{
    private readonly HashSet<IpAddress> _known;
    private readonly HashSet<IpAddress> _judgedToNode;
    private readonly HashSet<IpAddress> _judgedToPods;

    /// <param name="rules">Null before the first rule set: no pod is known then.</param>
    public LocalPods(NodeRuleSet? rules)
    {
        rules ??= NodeRuleSet.EmptyFor("");
        Networks = rules.PodNetworks;
        _judgedToNode = [.. rules.EgressToNode.Rest.Select(r => r.Subject)];
        _judgedToPods = [.. rules.Egress.Rest.Concat(rules.Ingress.Rest).Select(r => r.Subject)];
        _known = [.. rules.KnownPods, .. _judgedToNode, .. _judgedToPods];
    }

    /// <summary>The addresses of pods that are known.</summary>
    public IReadOnlySet<IpAddress> Known => _known;

    /// <summary>Where local pods have addresses, known pods or not.</summary>
    public IReadOnlyList<Cidr> Networks { get; }

    /// <summary>Whether a policy judges what any local pod sends to the node.</summary>
    public bool AreJudgedToNode => _judgedToNode.Count > 0;

    /// <summary>Whether a policy judges what any local pod sends to others or receives from them.</summary>
    public bool AreJudgedToPods => _judgedToPods.Count > 0;

    /// <summary>Whether a local pod has the address, or may have it although the pod is not known.</summary>
    public bool MayHave(IpAddress address) => _known.Contains(address) || Networks.Any(n => n.Contains(address));

    public bool IsJudgedToNode(IpAddress pod) => _judgedToNode.Contains(pod);

    public bool IsJudgedToPods(IpAddress pod) => _judgedToPods.Contains(pod);
}
