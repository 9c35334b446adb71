using System.Diagnostics.Metrics;
using NetPol.Hosting;
using NetPol.Netlink;
using NetPol.Nftables;

namespace NetPol.Agent.Metrics;

/// <summary>Measures what others ask of the kernel.</summary>
internal sealed class MeteredNftables : INftables
{
    private readonly INftables _kernel;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _operations;
    private readonly Counter<long> _errors;

    public MeteredNftables(INftables kernel, IMeterFactory meters, TimeProvider time)
    {
        (_kernel, _time) = (kernel, time);
        var meter = meters.Create(AgentMeter.Name);
        _duration = meter.CreateHistogram(
            "netpol.agent.transaction.duration", "s", "Time that the kernel took for a transaction", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Durations.Seconds });
        _operations = meter.CreateHistogram(
            "netpol.agent.transaction.operations", "{operation}", "Operations of a transaction", null,
            new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] });
        _errors = meter.CreateCounter<long>("netpol.agent.netlink.errors", "{error}", "What the kernel refused or could not answer, by errno");
        // What drift makes the kernel say is told from the start: an alert on its increase needs the first step too.
        foreach (var errno in (int[])[NetlinkErrno.Busy, NetlinkErrno.Exists, NetlinkErrno.NoEntry])
            Refused(0, NetlinkErrno.Name(errno));
    }

    public void Commit(Transaction transaction)
    {
        if (transaction.IsEmpty)
            return;
        var started = _time.GetTimestamp();
        Ask(() =>
        {
            _kernel.Commit(transaction);
            return true;
        });
        _duration.Record(_time.GetElapsedTime(started).TotalSeconds);
        _operations.Record(transaction.Operations.Count);
    }

    public void WaitForPackets() => _kernel.WaitForPackets();

    public TableState? Read(string table) => Ask(() => _kernel.Read(table));

    public IReadOnlyList<CounterValue> ReadCounters(string table) => Ask(() => _kernel.ReadCounters(table));

    private void Refused(int times, string errno) => _errors.Add(times, new KeyValuePair<string, object?>("error.type", errno));

    private T Ask<T>(Func<T> what)
    {
        try
        {
            return what();
        }
        catch (NetlinkException error)
        {
            Refused(1, error.ErrnoName);
            throw;
        }
    }
}
