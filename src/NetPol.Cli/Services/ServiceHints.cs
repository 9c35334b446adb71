using NetPol.Cli.Explaining;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Cli.Services;

/// <summary>Finds the rules that name a Service's own address or port, which no policy sees, where they were meant to allow.</summary>
internal static class ServiceHints
{
    /// <summary>One sentence for each such rule; empty for a connection that is allowed, and for a headless Service.</summary>
    public static IEnumerable<string> For(ServiceEntry entry, Explanation explanation, ClusterSnapshot world)
    {
        if (explanation.Verdict.Verdict == Verdict.Allow || !entry.IsTranslated || ServicePorts.Find(entry.Service, entry.Port) is not { } port)
            return [];
        var target = explanation.Connection.Port;
        return
            from side in new[] { explanation.Egress, explanation.Ingress }
            from step in side.Tiers.SelectMany(t => t.Steps)
            where step is { Matches: false, Action: RuleAction.Allow }
            let rule = world.Policies.First(p => p.Id == step.Policy).Rules(side.Direction)!.Value.First(r => r.Index == step.RuleIndex)
            from hint in new[]
            {
                side.Direction == Direction.Egress && !step.Peer.Matches && Network(rule, entry) is { } network
                    ? $"{Words.Rule(step)} names {network}, which holds an address of the Service: policies see the address of the endpoint"
                    : null,
                !step.Port.Matches && port.Number != target && NamesPort(rule, port.Protocol, port.Number)
                    ? $"{Words.Rule(step)} names the port {port.Number}/{port.Protocol.Name()} of the Service: policies see the port {target}/{port.Protocol.Name()} of the endpoint"
                    : null,
            }
            where hint is not null
            select hint;
    }

    private static Peer.Network? Network(Rule rule, ServiceEntry entry) => rule.Peers.OfType<Peer.Network>()
        .FirstOrDefault(n => entry.Service.Addresses.Concat(entry.Service.ExternalAddresses).Any(n.Contains));

    private static bool NamesPort(Rule rule, Model.Protocol protocol, ushort number) =>
        rule.Ports is { } ports && ports.OfType<PortMatch.Numbers>().Any(p => p.Protocol == protocol && p.Range.Contains(number));
}
