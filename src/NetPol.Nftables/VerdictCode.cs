namespace NetPol.Nftables;

/// <summary>What a verdict statement or a verdict map's element does with the packet.</summary>
public enum VerdictCode
{
    /// <summary>No verdict: the element of a plain set.</summary>
    None,
    Accept,
    Drop,
    Return,
    Jump,
    Goto,
}
