using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.RuleSets;

/// <summary>A node's rule set for reading: subject by subject, what every group of peers may do on which ports, and who says so.</summary>
internal sealed class RuleSetText
{
    private const int PeersShown = 6;

    private readonly TextWriter _output;
    private readonly NodeRuleSet _rules;
    private readonly Dictionary<DecisionId, Decision> _decisions;
    private readonly Dictionary<ProfileId, PortProfile> _profiles;
    private readonly ILookup<IpAddress, string> _podsOf;

    private RuleSetText(TextWriter output, NodeRuleSet rules, ClusterSnapshot world)
    {
        (_output, _rules) = (output, rules);
        _decisions = rules.Decisions.ToDictionary(d => d.Id);
        _profiles = rules.Profiles.ToDictionary(p => p.Id);
        var live = world.Pods.Where(p => p.IsSelectable).SelectMany(p => p.Addresses).ToHashSet();
        _podsOf = world.Pods.Where(p => !p.HostNetwork)
            .SelectMany(p => p.Addresses, (pod, address) => (pod, address))
            .Where(p => !p.pod.Finished || !live.Contains(p.address))
            .ToLookup(p => p.address, p => p.pod.Id.ToString());
    }

    /// <summary>Writes the rule set; the world gives the addresses their names.</summary>
    public static void Write(TextWriter output, NodeRuleSet rules, ClusterSnapshot world) => new RuleSetText(output, rules, world).Write();

    private void Write()
    {
        var addresses = _rules.NodeAddresses.IsEmpty ? "" : $" ({string.Join(", ", _rules.NodeAddresses)})";
        _output.WriteLine($"node {_rules.Node}{addresses}");
        if (_rules.Egress.Rest.IsEmpty && _rules.Ingress.Rest.IsEmpty && _rules.EgressToNode.Rest.IsEmpty)
            _output.WriteLine("  no policy selects a pod of this node: everything is allowed");
        WriteHook("egress", "to", _rules.Egress);
        WriteHook("ingress", "from", _rules.Ingress);
        WriteHook("egress to the own node", "to", _rules.EgressToNode);
    }

    private void WriteHook(string title, string preposition, HookRules hook)
    {
        if (hook.Rest.IsEmpty)
            return;
        _output.WriteLine();
        _output.WriteLine($"  {title}");
        var cells = hook.Cells.ToLookup(c => c.Subject);
        var self = hook.Self.ToDictionary(s => s.Subject, s => s.Profile);
        var members = hook.Peers.Select(p => (p.Class, Text: Named(p.Address)))
            .Concat(hook.Networks.Select(n => (n.Class, Text: n.Range.ToString())))
            .OrderBy(m => m.Text, StringComparer.Ordinal)
            .ToLookup(m => m.Class, m => m.Text);
        foreach (var rest in hook.Rest)
        {
            var subject = Named(rest.Subject);
            _output.WriteLine($"    {subject}");
            foreach (var byProfile in cells[rest.Subject].GroupBy(c => c.Profile))
            {
                // Its own address is judged apart.
                var peers = byProfile.SelectMany(c => members[c.Class]).Where(m => !string.Equals(m, subject, StringComparison.Ordinal)).ToList();
                if (peers.Count > 0)
                    WriteProfile(preposition, Group(peers), byProfile.Key);
            }
            if (self.TryGetValue(rest.Subject, out var own) && own != rest.Profile)
                WriteProfile(preposition, "itself", own);
            WriteProfile(preposition, cells[rest.Subject].Any() ? "anyone else" : "anyone", rest.Profile);
        }
    }

    private void WriteProfile(string preposition, string peers, ProfileId id)
    {
        _output.WriteLine($"      {preposition} {peers}");
        var profile = _profiles[id];
        var lines = profile.Cells.GroupBy(c => c.Decision)
            .Select(g => (Ports: string.Join(", ", g.Select(PortText)), g.Key))
            .Append((Ports: profile.Cells.IsEmpty ? "every port" : "every other port", Key: profile.Otherwise))
            .ToList();
        var width = lines.Max(l => l.Ports.Length);
        foreach (var (ports, decision) in lines)
            _output.WriteLine($"        {ports.PadRight(width)}  {_decisions[decision]}");
    }

    private static string PortText(PortCell cell) => cell.Ports == PortRange.All ? cell.Protocol.Name() : $"{cell.Ports}/{cell.Protocol.Name()}";

    private static string Group(List<string> members) => members.Count <= PeersShown
        ? string.Join(", ", members)
        : $"{string.Join(", ", members.Take(PeersShown))} and {members.Count - PeersShown} more";

    private string Named(IpAddress address)
    {
        var pods = string.Join(" and ", _podsOf[address]);
        return pods.Length == 0 ? address.ToString() : $"{pods} ({address})";
    }
}
