namespace NetPol.Rendering.Counting;

/// <summary>How much of a decision the labels of its series tell; every level tells all that the ones before it do.</summary>
public enum SeriesLevel
{
    /// <summary>Direction, verdict and tier: a fixed number of series.</summary>
    Tier,

    /// <summary>The policy too.</summary>
    Policy,

    /// <summary>The policy's rule too.</summary>
    Rule,
}
