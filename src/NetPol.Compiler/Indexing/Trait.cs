using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// Something that policies look at in an address: a selection of pods that it belongs to, a network or nodes that hold it, or a port that
/// it has under a name. One of the three is set. Two traits are the same when their texts are.
/// </summary>
internal sealed class Trait(string text)
{
    public string Text { get; } = text;

    public ulong Hash { get; } = ContentHash.Of(text);

    public PodSelection? Pods { get; init; }

    /// <summary>A Network or Nodes.</summary>
    public Peer? Addresses { get; init; }

    public NamedPort? Port { get; init; }
}
