namespace NetPol.Nftables.Fake;

/// <summary>A counter with what it has counted at one moment.</summary>
internal sealed record FakeCounter(Counter Counter, ulong Packets, ulong Bytes)
{
    public CounterValue Value => new(Counter.Name, Packets, Bytes, Counter.Tag);
}
