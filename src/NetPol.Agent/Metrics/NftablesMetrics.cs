using System.Diagnostics.Metrics;
using NetPol.Agent.Infrastructure;
using NetPol.Hosting;
using NetPol.Netlink;
using NetPol.Nftables;

namespace NetPol.Agent.Metrics;

/// <summary>Measures the duration, size and errors of calls to the kernel.</summary>
internal sealed class NftablesMetrics : INftablesInterceptor
{
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Histogram<long> _operations;
    private readonly Counter<long> _errors;

    public NftablesMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(AgentInstrumentation.MeterName);
        _duration = meter.CreateHistogram(
            "netpol.agent.transaction.duration", "s", "Time that the kernel took for a transaction", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = HistogramBuckets.Seconds });
        _operations = meter.CreateHistogram(
            "netpol.agent.transaction.operations", "{operation}", "Operations of a transaction", null,
            new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] });
        _errors = meter.CreateCounter<long>("netpol.agent.netlink.errors", "{error}", "Requests that the kernel refused or could not answer, by errno");
        // The errors that drift causes are exported as zero from the start: an alert on an increase needs the first step too.
        foreach (var errno in (int[])[NetlinkErrno.Busy, NetlinkErrno.Exists, NetlinkErrno.NoEntry])
            CountError(0, NetlinkErrno.Name(errno));
    }

    public void Commit(Transaction transaction, Action<Transaction> commit)
    {
        var started = _time.GetTimestamp();
        Read(() =>
        {
            commit(transaction);
            return true;
        });
        _duration.Record(_time.GetElapsedTime(started).TotalSeconds);
        _operations.Record(transaction.Operations.Count);
    }

    public T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (NetlinkException error)
        {
            CountError(1, error.ErrnoName);
            throw;
        }
    }

    private void CountError(int times, string errno) => _errors.Add(times, new KeyValuePair<string, object?>("error.type", errno));
}
