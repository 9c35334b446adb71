using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Cli.Explaining;

/// <summary>A rule that would allow a connection, as a NetworkPolicy has it. Strings are quoted, so that none is read as a number.</summary>
internal static class RuleYaml
{
    /// <summary>An item of the list <c>ingress</c> or <c>egress</c>.</summary>
    public static IEnumerable<string> Lines(Rule rule, Direction direction) =>
    [
        direction == Direction.Ingress ? "- from:" : "- to:",
        .. rule.Peers.SelectMany(Peer),
        .. rule.Ports is { } ports ? ports.Cast<PortMatch.Numbers>().Select(Port).Prepend("  ports:") : [],
    ];

    /// <summary>A whole NetworkPolicy with the rule.</summary>
    public static IEnumerable<string> Policy(RemedyChange.Isolated isolated, Direction direction)
    {
        var (subject, word) = (isolated.Subject, direction == Direction.Ingress ? "ingress" : "egress");
        return
        [
            "apiVersion: networking.k8s.io/v1",
            "kind: NetworkPolicy",
            $"metadata: {{ name: allow-{word}, namespace: \"{subject.Namespace}\" }}",
            "spec:",
            $"  podSelector: {Selector(subject.Pods)}",
            $"  policyTypes: [{direction}]",
            $"  {word}:",
            .. Lines(isolated.Allowing, direction).Select(line => $"  {line}"),
        ];
    }

    private static string[] Peer(Peer peer)
    {
        if (peer is Model.Policies.Peer.Network network)
            return [$"  - ipBlock: {{ cidr: \"{network.Cidr}\" }}"];
        var selection = ((Peer.Pods)peer).Selection;
        var pods = $"podSelector: {Selector(selection.Pods)}";
        return selection.Namespace is null ? [$"  - namespaceSelector: {Selector(selection.Namespaces)}", $"    {pods}"] : [$"  - {pods}"];
    }

    private static string Port(PortMatch.Numbers port) => $"  - {{ protocol: {port.Protocol.Name()}, port: {port.Range.First} }}";

    private static string Selector(LabelSelector selector) => selector.Requirements.IsEmpty
        ? "{}"
        : $"{{ matchLabels: {{ {string.Join(", ", selector.Requirements.Select(r => $"{r.Key}: \"{r.Values[0]}\""))} }} }}";
}
