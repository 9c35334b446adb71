using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Counters;

/// <summary>The counters of the table as they are, or were less than a second ago. Safe for any thread.</summary>
/// <param name="nftables">Nobody else's: a reader does not wait for a change that is under way.</param>
/// <param name="time">The clock.</param>
internal sealed class CounterReader(INftables nftables, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private IReadOnlyList<CounterValue> _counters = [];
    private long? _at;

    /// <summary>All of one moment; the same list as long as it is fresh.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<CounterValue> Read()
    {
        lock (_lock)
        {
            if (_at is not { } at || time.GetElapsedTime(at) >= Fresh)
                (_counters, _at) = (nftables.ReadCounters(Renderer.TableName), time.GetTimestamp());
            return _counters;
        }
    }
}
