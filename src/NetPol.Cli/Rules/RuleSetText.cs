using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Rules;

/// <summary>Prints a node's rule set by subject: one group of peers per line, with the decision for each port.</summary>
internal sealed class RuleSetText
{
    private const int PeersShown = 6;

    private readonly TextWriter _output;
    private readonly NodeRuleSet _rules;
    private readonly Dictionary<DecisionId, Decision> _decisions;
    private readonly Dictionary<PortPolicyId, PortPolicy> _portPolicies;
    private readonly ILookup<IpAddress, string> _podsOf;

    private RuleSetText(TextWriter output, NodeRuleSet rules, ClusterSnapshot cluster)
    {
        (_output, _rules) = (output, rules);
        _decisions = rules.Decisions.ToDictionary(d => d.Id);
        _portPolicies = rules.PortPolicies.ToDictionary(p => p.Id);
        var live = cluster.Pods.Where(p => p.IsSelectable).SelectMany(p => p.Addresses).ToHashSet();
        _podsOf = cluster.Pods.Where(p => !p.HostNetwork)
            .SelectMany(p => p.Addresses, (pod, address) => (pod, address))
            .Where(p => !p.pod.Finished || !live.Contains(p.address))
            .ToLookup(p => p.address, p => p.pod.Id.ToString());
    }

    /// <summary>Prints the rule set, with the cluster's names for addresses.</summary>
    public static void Write(TextWriter output, NodeRuleSet rules, ClusterSnapshot cluster) => new RuleSetText(output, rules, cluster).Write();

    private void Write()
    {
        var addresses = _rules.NodeAddresses.IsEmpty ? "" : $" ({string.Join(", ", _rules.NodeAddresses)})";
        _output.WriteLine($"node {_rules.Node}{addresses}");
        if (_rules.PodEgress.Defaults.IsEmpty && _rules.PodIngress.Defaults.IsEmpty && _rules.PodToHost.Defaults.IsEmpty)
            _output.WriteLine("  no policy selects a pod of this node: all connections are allowed");
        WritePoint("egress", "to", _rules.PodEgress);
        WritePoint("ingress", "from", _rules.PodIngress);
        WritePoint("egress to the pod's own node", "to", _rules.PodToHost);
    }

    private void WritePoint(string title, string preposition, EnforcementRules point)
    {
        if (point.Defaults.IsEmpty)
            return;
        _output.WriteLine();
        _output.WriteLine($"  {title}");
        var entries = point.PolicyEntries.ToLookup(e => e.Subject);
        var self = point.Self.ToDictionary(s => s.Subject, s => s.PortPolicy);
        var members = point.Peers.Select(p => (p.Identity, Text: Named(p.Address)))
            .Concat(point.Networks.Select(n => (n.Identity, Text: n.Range.ToString())))
            .OrderBy(m => m.Text, StringComparer.Ordinal)
            .ToLookup(m => m.Identity, m => m.Text);
        foreach (var defaultEntry in point.Defaults)
        {
            var subject = Named(defaultEntry.Subject);
            _output.WriteLine($"    subject {subject}");
            foreach (var byPortPolicy in entries[defaultEntry.Subject].GroupBy(e => e.PortPolicy))
            {
                // The entries for the subject's own address do not apply: a separate port policy covers it.
                var peers = byPortPolicy.SelectMany(e => members[e.Identity]).Where(m => !string.Equals(m, subject, StringComparison.Ordinal)).ToList();
                if (peers.Count > 0)
                    WritePortPolicy($"{preposition} {Group(peers)}", byPortPolicy.Key);
            }
            if (self.TryGetValue(defaultEntry.Subject, out var own) && own != defaultEntry.PortPolicy)
                WritePortPolicy($"{preposition} itself", own);
            WritePortPolicy(entries[defaultEntry.Subject].Any() ? $"default, {preposition} all other peers" : $"default, {preposition} all peers", defaultEntry.PortPolicy);
        }
    }

    private void WritePortPolicy(string title, PortPolicyId id)
    {
        _output.WriteLine($"      {title}");
        var portPolicy = _portPolicies[id];
        var lines = portPolicy.Entries.GroupBy(c => c.Decision)
            .Select(g => (Ports: string.Join(", ", g.Select(PortText)), g.Key))
            .Append((Ports: portPolicy.Entries.IsEmpty ? "all ports" : "all other ports", Key: portPolicy.Default))
            .ToList();
        var width = lines.Max(l => l.Ports.Length);
        foreach (var (ports, decision) in lines)
            _output.WriteLine($"        {ports.PadRight(width)}  {_decisions[decision]}");
    }

    private static string PortText(PortEntry entry) => entry.Ports == PortRange.All ? entry.Protocol.Name() : $"{entry.Ports}/{entry.Protocol.Name()}";

    private static string Group(List<string> members) => members.Count <= PeersShown
        ? string.Join(", ", members)
        : $"{string.Join(", ", members.Take(PeersShown))} and {members.Count - PeersShown} more";

    private string Named(IpAddress address)
    {
        var pods = string.Join(" and ", _podsOf[address]);
        return pods.Length == 0 ? address.ToString() : $"{pods} ({address})";
    }
}
