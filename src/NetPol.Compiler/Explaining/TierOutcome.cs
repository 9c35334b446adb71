namespace NetPol.Compiler.Explaining;

public enum TierOutcome
{
    /// <summary>No policy of the tier speaks about the subject in this direction.</summary>
    NoPolicies,

    /// <summary>No rule matches; the next tier decides.</summary>
    NoMatch,

    /// <summary>A rule says Pass; the next tier decides.</summary>
    Passed,

    /// <summary>A rule decides.</summary>
    Decided,

    /// <summary>The subject is isolated and no rule allows: denied.</summary>
    Isolated,

    /// <summary>The tier does not judge such connections: NetworkPolicy, of a pod with itself or its own node.</summary>
    NotApplicable,

    /// <summary>An earlier tier decided.</summary>
    NotReached,
}
