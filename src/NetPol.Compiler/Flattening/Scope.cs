namespace NetPol.Compiler.Flattening;

/// <summary>The relation of the peer to the subject, which determines the policies that apply.</summary>
internal enum Scope
{
    /// <summary>Any other peer: all tiers.</summary>
    Others,

    /// <summary>The subject itself: not the NetworkPolicy tier.</summary>
    Self,

    /// <summary>The subject's own node: not the NetworkPolicy tier, and only rules with addresses or every peer.</summary>
    OwnNode,
}
