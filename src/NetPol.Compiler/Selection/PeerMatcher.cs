using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Selection;

/// <summary>
/// A property of a peer that rules match: selected pods, a network or nodes that contain the address, or a named port. Exactly one of the three is set.
/// Matchers with equal texts are equal.
/// </summary>
internal sealed class PeerMatcher(string text)
{
    private const int LongestPlain = 256;

    private UInt128? _rank;

    public string Text { get; } = text;

    /// <summary>
    /// The text that peer identities hash. A text of more than 256 characters becomes <c>#LENGTH:SHA-256</c>, with all 256 bits, because every identity with the
    /// matcher hashes it again and selectors may be long. No text begins with <c>#</c>.
    /// </summary>
    public string Canonical { get; } = text.Length <= LongestPlain
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"#{text.Length}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}");

    /// <summary>The rank in an order of all matchers. It depends only on their texts and is unrelated to the order of networks.</summary>
    public UInt128 Order => _rank ??= new CanonicalText("trait").Add(Text).Hash();

    public PodSelection? Pods { get; init; }

    /// <summary>A Network or Nodes.</summary>
    public Peer? Addresses { get; init; }

    /// <summary>
    /// For Nodes in Deny rules: whether the matcher includes the addresses that agents report and, if the subject's own node is selected, all addresses of that node.
    /// </summary>
    public bool IncludesReportedAddresses { get; init; }

    public NamedPort? Port { get; init; }

    /// <summary>Whether the matcher covers every connection to the subject's own node, at any address.</summary>
    /// <param name="labels">The labels of the own node. Null for an unknown node, which a Deny treats as selected.</param>
    public bool MatchesOwnNode(Labels? labels) => IncludesReportedAddresses && Addresses is Peer.Nodes nodes && (labels is not { } known || nodes.Selector.Matches(known));
}

/// <summary>Numbers all matchers in order of first use. The numbers must not reach output.</summary>
internal sealed class PeerMatcherTable
{
    private readonly Dictionary<string, int> _byText = new(StringComparer.Ordinal);
    private readonly List<PeerMatcher> _matchers = [];

    public int Count => _matchers.Count;

    public PeerMatcher this[int number] => _matchers[number];

    public int GetOrAddPods(PodSelection selection)
    {
        var text = PeerMatcherText.Format(selection);
        return TryGetOrReserve(text, out var number) ? number : Add(new(text) { Pods = selection });
    }

    public int GetOrAddNetwork(Peer.Network network)
    {
        var text = PeerMatcherText.Format(network);
        return TryGetOrReserve(text, out var number) ? number : Add(new(text) { Addresses = network });
    }

    public int GetOrAddNodes(Peer.Nodes nodes, bool isWide)
    {
        var text = PeerMatcherText.Format(nodes, isWide);
        return TryGetOrReserve(text, out var number) ? number : Add(new(text) { Addresses = nodes, IncludesReportedAddresses = isWide });
    }

    public int GetOrAddPort(NamedPort port)
    {
        var text = PeerMatcherText.Format(port.Protocol, port.Name, port.Number);
        return TryGetOrReserve(text, out var number) ? number : Add(new(text) { Port = port });
    }

    private bool TryGetOrReserve(string text, out int number)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_byText, text, out var known);
        if (!known)
            entry = _matchers.Count;
        number = entry;
        return known;
    }

    private int Add(PeerMatcher matcher)
    {
        _matchers.Add(matcher);
        return _matchers.Count - 1;
    }
}

/// <summary>
/// The canonical text of a matcher. Strings from objects carry their length, so different matchers have different texts. The first character is the type.
/// </summary>
internal static class PeerMatcherText
{
    private const char Pods = '0';
    private const char Addresses = '1';
    private const char Port = '2';

    public static string Format(PodSelection selection)
    {
        var text = new StringBuilder().Append(Pods);
        if (selection.Namespace is { } name)
            Append(text.Append('='), name);
        else
            Append(text, selection.Namespaces);
        Append(text.Append('/'), selection.Pods);
        return text.ToString();
    }

    public static string Format(Peer.Network network)
    {
        var text = new StringBuilder().Append(Addresses).Append("network ").Append(network.Cidr);
        foreach (var except in network.Except.Distinct().Order())
            text.Append('-').Append(except);
        return text.ToString();
    }

    public static string Format(Peer.Nodes nodes, bool isWide)
    {
        var text = new StringBuilder().Append(Addresses).Append(isWide ? "all of nodes " : "nodes ");
        Append(text, nodes.Selector);
        return text.ToString();
    }

    public static string Format(Protocol protocol, string name, ushort number) => $"{Port}{(byte)protocol} {number:D5} {name}";

    private static void Append(StringBuilder text, LabelSelector selector)
    {
        foreach (var requirement in selector.Requirements)
        {
            Append(text.Append('&').Append(Code(requirement.Operator)), requirement.Key);
            foreach (var value in requirement.Values)
                Append(text.Append(','), value);
        }
    }

    private static char Code(SelectorOperator value) => value switch
    {
        SelectorOperator.In => '0',
        SelectorOperator.NotIn => '1',
        SelectorOperator.Exists => '2',
        SelectorOperator.DoesNotExist => '3',
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, null),
    };

    private static void Append(StringBuilder text, string value) => text.Append(value.Length).Append(':').Append(value);
}
