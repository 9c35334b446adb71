using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Explaining;

/// <summary>Why one side decides as it does.</summary>
/// <param name="Direction">Egress: the source's side. Ingress: the destination's.</param>
/// <param name="Subject">The address that is judged.</param>
/// <param name="SubjectPods">The selectable pods that have it, by id; empty for an address that is no pod.</param>
/// <param name="Peer">The other address.</param>
/// <param name="PeerPods">The selectable pods that have that one.</param>
/// <param name="Node">The node that judges; null when none does.</param>
/// <param name="Judgement">Whether the side is judged, and if not, why.</param>
/// <param name="Tiers">Admin, NetworkPolicy, Baseline, in this order, without audited policies; empty for a side that is not judged.</param>
/// <param name="Decision">What comes of it.</param>
public sealed record SideExplanation(
    Direction Direction,
    IpAddress Subject,
    ValueArray<PodId> SubjectPods,
    IpAddress Peer,
    ValueArray<PodId> PeerPods,
    string? Node,
    Judgement Judgement,
    ValueArray<TierExplanation> Tiers,
    Decision Decision)
{
    /// <summary>The same were the audited policies enforced; null where none has anything to say.</summary>
    public SideExplanation? Audit { get; init; }

    /// <summary>
    /// What must change, all of it together, for this side to allow; empty where it allows. An Admin rule that allows and stands before the
    /// first change makes the others needless.
    /// </summary>
    public ValueArray<RemedyChange> Remedy { get; init; } = [];

    /// <summary>
    /// What would have decided with the opposite verdict had nothing gone before it, in order: later rules that match, and the
    /// isolation of the subject.
    /// </summary>
    public ValueArray<Decision> Beaten => Tiers.SelectMany(t => t.Overruled).Where(d => d.Verdict != Decision.Verdict).ToValueArray();
}
