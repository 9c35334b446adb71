using NetPol.Agent.Enforcing;
using NetPol.Nftables;

namespace NetPol.Agent.Counting;

/// <summary>Keeps counters and their meter few, from time to time. A failure is told, and tried again.</summary>
internal sealed class CounterKeeper(Enforcer enforcer, VerdictMeter meter, TimeProvider time, ILogger<CounterKeeper> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(CounterLedger.Settling, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            meter.RenewIfWorn();
            try
            {
                enforcer.FoldCounters();
            }
            catch (NftablesException error)
            {
                Log.NotFolded(log, error.Message);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Log.Unexpected(log, "to fold counters", error);
            }
        }
    }
}
