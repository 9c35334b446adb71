using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// A property of a peer that rules match: selected pods, a network or nodes that contain the address, or a named port. Exactly one of the three is set.
/// Matchers with equal texts are equal.
/// </summary>
internal sealed class Trait(string text)
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
    public UInt128 Rank => _rank ??= new CanonicalText("trait").Add(Text).Hash();

    public PodSelection? Pods { get; init; }

    /// <summary>A Network or Nodes.</summary>
    public Peer? Addresses { get; init; }

    /// <summary>
    /// For Nodes in Deny rules: whether the matcher includes the addresses that agents report and, if the subject's own node is selected, all addresses of that node.
    /// </summary>
    public bool IsWide { get; init; }

    public NamedPort? Port { get; init; }

    /// <summary>Whether the matcher covers every connection to the subject's own node, at any address.</summary>
    /// <param name="labels">The labels of the own node. Null for an unknown node, which a Deny treats as selected.</param>
    public bool CoversOwnNode(Labels? labels) => IsWide && Addresses is Peer.Nodes nodes && (labels is not { } known || nodes.Selector.Matches(known));
}
