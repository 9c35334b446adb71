using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Counters;

/// <summary>Reads the counters of the table, at most once a second. Safe for any thread.</summary>
/// <param name="nftables">A socket of its own, so that a read does not wait for a commit.</param>
/// <param name="time">The clock.</param>
internal sealed class CounterReader(INftables nftables, TimeProvider time)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private IReadOnlyList<CounterValue> _counters = [];
    private long? _at;

    /// <summary>All counters of one moment. The result is the same list for a second.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<CounterValue> Read()
    {
        lock (_lock)
        {
            if (_at is not { } at || time.GetElapsedTime(at) >= MaxAge)
                (_counters, _at) = (nftables.ReadCounters(Renderer.TableName), time.GetTimestamp());
            return _counters;
        }
    }
}
