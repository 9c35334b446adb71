using CsCheck;
using NetPol.Testing;

namespace NetPol.Agent.Tests.Counting;

/// <summary>What happens between two looks at the counts.</summary>
/// <param name="Change">How the cluster changes.</param>
/// <param name="Restarts">Whether the agent starts anew, knowing nothing, before it hears of the change.</param>
/// <param name="Pause">How long it takes until counters are folded.</param>
/// <param name="Packets">So many packets meet the decision at that place of the list, or of those that have just left.</param>
public sealed record CountedStep(Step Change, bool Restarts, TimeSpan Pause, (int Place, int Packets)[] Packets)
{
    public static Gen<CountedStep> Any { get; } = Gen.Select(
        Gen.Frequency((3, Generators.Steps), (2, Generators.PodSteps)),
        Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))),
        Gen.OneOf(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(600), TimeSpan.FromSeconds(3)),
        Gen.Select(Gen.Int[0, 1000], Gen.Int[1, 5]).Array[0, 6],
        (change, restarts, pause, packets) => new CountedStep(change, restarts, pause, packets));

    public override string ToString() =>
        $"{(Restarts ? "restart, " : "")}{Change}, {string.Join(' ', Packets.Select(p => $"{p.Packets}@{p.Place}"))}, {Pause.TotalSeconds} s";
}
