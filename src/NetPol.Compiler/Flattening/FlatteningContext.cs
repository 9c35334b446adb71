using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Flattening;

/// <summary>What all groups share.</summary>
internal sealed class FlatteningContext(ClusterIndex index, SequenceTrie classes, VerdictTable verdicts)
{
    public ClusterIndex Index { get; } = index;

    /// <summary>Sets of traits: those of pods, of addresses and of ports, each by number.</summary>
    public SequenceTrie Classes { get; } = classes;

    public VerdictTable Verdicts { get; } = verdicts;

    /// <summary>A tool of the group that is flattening right now, as the lists here are.</summary>
    public PortPainter Painter { get; } = new();

    public List<int> Matching { get; } = [];

    public List<int> PeerTraits { get; } = [];

    public List<(Protocol Protocol, PortRange Range)> Ranges { get; } = [];
}
