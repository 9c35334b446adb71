using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Testing.Clusters;

/// <summary>
/// Creates parts of policies from short texts, for <c>using static</c>. Selectors have kubectl's syntax (<c>app=web,!env,tier in (a;b)</c>, with
/// semicolons between values; empty for everything), ports as <c>80/TCP</c>, <c>80-90/UDP</c>, <c>TCP</c>, <c>http/TCP</c> or <c>http</c>.
/// </summary>
public static class Make
{
    public static LabelSelector Selector(string text) => LabelSelector.Create(Split(text, ',').Select(Requirement));

    public static Labels Labels(string text) => NetPol.Model.Labels.Create(Split(text, ',').Select(part =>
        KeyValuePair.Create(part[..part.IndexOf('=', StringComparison.Ordinal)], part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..])));

    public static IpAddress Address(string text) => IpAddress.Parse(text);

    /// <param name="name"><c>namespace/name</c>.</param>
    /// <param name="pods">The selector of the subject in the policy's namespace.</param>
    /// <param name="ingress">The ingress rules. Null if the policy does not affect ingress.</param>
    /// <param name="egress">The egress rules. Null if the policy does not affect egress.</param>
    public static Policy NetworkPolicy(string name, string pods = "", Rule[]? ingress = null, Rule[]? egress = null)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var id = new PolicyId(PolicyKind.NetworkPolicy, name[..slash], name[(slash + 1)..]);
        return new(id, Tier.NetworkPolicy, 0, PodSelection.InNamespace(id.Namespace, Selector(pods)), Numbered(ingress), Numbered(egress));
    }

    public static Policy Admin(string name, int priority, PodSelection subject, Rule[]? ingress = null, Rule[]? egress = null) =>
        new(new(PolicyKind.AdminNetworkPolicy, "", name), Tier.Admin, priority, subject, Numbered(ingress), Numbered(egress));

    public static Policy Cluster(string name, Tier tier, int priority, PodSelection subject, Rule[]? ingress = null, Rule[]? egress = null) =>
        new(new(PolicyKind.ClusterNetworkPolicy, "", name), tier, priority, subject, Numbered(ingress), Numbered(egress));

    public static Policy Baseline(PodSelection subject, Rule[]? ingress = null, Rule[]? egress = null) =>
        new(new(PolicyKind.BaselineAdminNetworkPolicy, "", "default"), Tier.Baseline, 0, subject, Numbered(ingress), Numbered(egress));

    public static PodSelection InNamespaces(string namespaces = "", string pods = "") =>
        PodSelection.InNamespaces(Selector(namespaces), Selector(pods));

    public static Rule Allow(Peer peer, params string[] ports) => Rule(RuleAction.Allow, [peer], ports);

    public static Rule Deny(Peer peer, params string[] ports) => Rule(RuleAction.Deny, [peer], ports);

    public static Rule Pass(Peer peer, params string[] ports) => Rule(RuleAction.Pass, [peer], ports);

    /// <summary>Creates a rule without an index. Without <paramref name="ports"/> it matches everything.</summary>
    public static Rule Rule(RuleAction action, Peer[] peers, string[] ports) =>
        new(0, null, action, ValueArray.Create<Peer>(peers), ports.Length == 0 ? null : ports.Select(Port).ToValueArray());

    public static Peer Anyone() => new Peer.Any();

    public static Peer Pods(string namespaces = "", string pods = "") => new Peer.Pods(InNamespaces(namespaces, pods));

    public static Peer PodsIn(string ns, string pods = "") => new Peer.Pods(PodSelection.InNamespace(ns, Selector(pods)));

    public static Peer Network(string cidr, params string[] except) => new Peer.Network(Cidr.Parse(cidr), except.Select(Cidr.Parse).ToValueArray());

    public static Peer Nodes(string labels = "") => new Peer.Nodes(Selector(labels));

    public static Peer UnknownPeer() => new Peer.Unknown("of a newer API");

    /// <summary>Reads a port. <c>?</c> is an unknown entry.</summary>
    public static PortMatch Port(string text)
    {
        if (text == "?")
            return new PortMatch.Unknown("of a newer API");
        var parts = text.Split('/');
        Protocol? protocol = Enum.TryParse<Protocol>(parts[^1], ignoreCase: true, out var parsed) && parts[^1].Any(char.IsLetter) ? parsed : null;
        if (parts.Length == 1 && protocol is { } whole)
            return new PortMatch.Numbers(whole, PortRange.All);
        var edges = parts[0].Split('-');
        return ushort.TryParse(edges[0], out var first) && ushort.TryParse(edges[^1], out var last)
            ? new PortMatch.Numbers(protocol ?? Protocol.Tcp, new(first, last))
            : new PortMatch.Named(protocol, parts[0]);
    }

    internal static IEnumerable<string> Split(string text, char separator) =>
        text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    internal static ValueArray<Rule>? Numbered(IEnumerable<Rule>? rules) => rules?.Select((rule, index) => rule with { Index = index }).ToValueArray();

    private static SelectorRequirement Requirement(string text)
    {
        foreach (var (word, negative) in new[] { (" notin (", true), (" in (", false) })
        {
            if (text.IndexOf(word, StringComparison.Ordinal) is var at and > 0)
            {
                var values = Split(text[(at + word.Length)..^1], ';').ToValueArray();
                return new(text[..at], negative ? SelectorOperator.NotIn : SelectorOperator.In, values);
            }
        }
        if (text.IndexOf('=', StringComparison.Ordinal) is var equals and > 0)
            return new(text[..equals], SelectorOperator.In, [text[(equals + 1)..]]);
        return text[0] == '!' ? new(text[1..], SelectorOperator.DoesNotExist, []) : new(text, SelectorOperator.Exists, []);
    }
}
