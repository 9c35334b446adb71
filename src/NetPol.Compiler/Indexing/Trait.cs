using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// Something that policies look at in an address: a selection of pods that it belongs to, a network or nodes that hold it, or a port that
/// it has under a name. One of the three is set. Two traits are the same when their texts are.
/// </summary>
internal sealed class Trait(string text)
{
    private const int LongestPlain = 256;

    private UInt128? _rank;

    public string Text { get; } = text;

    /// <summary>
    /// The trait as the id of a class hashes it: its text. A text of more than 256 characters is written <c>#LENGTH:SHA-256</c>, with all 256 bits: every class that
    /// has the trait hashes it again, and a selector may be as long as the API server takes. No text begins with <c>#</c>.
    /// </summary>
    public string Canonical { get; } = text.Length <= LongestPlain
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"#{text.Length}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}");

    /// <summary>A place in an order of all traits that depends on their texts alone and follows no order in which people write networks.</summary>
    public UInt128 Rank => _rank ??= new CanonicalText("trait").Add(Text).Hash();

    public PodSelection? Pods { get; init; }

    /// <summary>A Network or Nodes.</summary>
    public Peer? Addresses { get; init; }

    /// <summary>
    /// Of Nodes, for rules that deny: the addresses that agents report are among them, and so is whatever the subject's own node takes, when it is selected.
    /// </summary>
    public bool IsWide { get; init; }

    public NamedPort? Port { get; init; }

    /// <summary>Whether a rule with this trait matches everything that the subject's own node takes, whatever the address.</summary>
    /// <param name="labels">The own node's; null while the node is not known, which a Deny takes for selected.</param>
    public bool CoversOwnNode(Labels? labels) => IsWide && Addresses is Peer.Nodes nodes && (labels is not { } known || nodes.Selector.Matches(known));
}
