namespace NetPol.Testing.Samples;

/// <summary>What a grid says about one ordered pair; written <c>.</c>, <c>X</c> and <c>-</c>.</summary>
public enum ExpectedCell
{
    Allow,
    Deny,

    /// <summary>There is no connection to ask about.</summary>
    NoQuestion,
}
