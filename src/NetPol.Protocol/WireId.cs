namespace NetPol.Protocol;

/// <summary>Ids of 128 bits on the wire: the upper and the lower half of the number.</summary>
internal static class WireId
{
    public static ulong High(UInt128 id) => (ulong)(id >> 64);

    public static ulong Low(UInt128 id) => (ulong)id;

    public static UInt128 Join(ulong high, ulong low) => new(high, low);
}
