namespace NetPol.Lab.Probing;

/// <summary>
/// Source ports and ICMP identifiers for probes. One comes back only after all others: a kernel that remembers the flow of an earlier probe
/// between the same two ends would let a later one of the same number through, whatever the rules say by then.
/// </summary>
internal static class FlowNumbers
{
    private const int First = 32768;
    private const int Count = 28232; // up to 60999, as the kernel's own ephemeral ports

    private static int _last = Random.Shared.Next(Count);

    public static ushort Next() => (ushort)(First + ((uint)Interlocked.Increment(ref _last) % Count));
}
