using NetPol.Compiler.Indexing;
using NetPol.Model;

namespace NetPol.Compiler.Flattening;

/// <summary>The context that all policy sets share.</summary>
internal sealed class FlatteningContext(ClusterIndex index, SequenceTrie classes, VerdictTable verdicts)
{
    public ClusterIndex Index { get; } = index;

    /// <summary>Numbers sets of matchers of pods, addresses and ports.</summary>
    public SequenceTrie Classes { get; } = classes;

    public VerdictTable Verdicts { get; } = verdicts;

    /// <summary>Scratch state of the policy set that is being flattened, like the lists below.</summary>
    public PortPainter Painter { get; } = new();

    public List<int> Matching { get; } = [];

    public List<int> PeerTraits { get; } = [];

    public List<(Protocol Protocol, PortRange Range)> Ranges { get; } = [];
}
