namespace NetPol.Nftables;

/// <summary>
/// An element of a set: the keys from <paramref name="First"/> to <paramref name="Last"/>, field by field and both included, and for a
/// verdict map what they lead to. Outside interval sets the two are equal. Ordered by first key.
/// </summary>
public readonly record struct Element(ElementKey First, ElementKey Last, PacketVerdict Verdict)
{
    /// <summary>An element of a plain set.</summary>
    public static Element Of(ElementKey key) => new(key, key, default);

    /// <summary>An element of a verdict map.</summary>
    public static Element Of(ElementKey key, PacketVerdict verdict) => new(key, key, verdict);
}
