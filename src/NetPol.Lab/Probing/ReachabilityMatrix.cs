using System.Collections.Immutable;

namespace NetPol.Lab.Probing;

/// <summary>What was expected beside what was seen.</summary>
public sealed class ReachabilityMatrix
{
    /// <summary>Takes the observations in any number and order, and keeps the order.</summary>
    public ReachabilityMatrix(IEnumerable<Observation> observations)
    {
        Observations = [.. observations];
        Mismatches = [.. Observations.Where(observation => !observation.Agrees)];
    }

    /// <summary>One per probe, in the order of the probes.</summary>
    public ImmutableArray<Observation> Observations { get; }

    /// <summary>Those that disagree with what was expected, in the same order; empty when all is as it should be.</summary>
    public ImmutableArray<Observation> Mismatches { get; }

    public bool Agrees => Mismatches.IsEmpty;
}
