using Grpc.Core;
using NetPol.Agent.Streaming;
using NetPol.Model;
using NetPol.Netlink;
using NetPol.Protocol.Tallies;

namespace NetPol.Agent.Counting;

/// <summary>Tells the controller that is followed what was counted, when that has changed. One call at a time.</summary>
internal sealed class TallyReporter(ControllerLink link, AuditCounts audits, AgentState state, TimeProvider time, ILogger<TallyReporter> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private (ControllerLink.Connection Connection, Tally Tally)? _told;

    /// <summary>Tells it unless the same controller knows it already.</summary>
    public async Task TellAsync(CancellationToken cancel)
    {
        var connection = await link.WhenUp().WaitAsync(cancel);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Period);
        try
        {
            var tally = Count();
            if (_told == (connection, tally))
                return;
            await connection.Channel.TellAsync(connection.Token, tally, patience.Token);
            _told = (connection, tally);
        }
        catch (NetlinkException refusal)
        {
            Log.NotTold(log, refusal.Message);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            // The controller is gone, which the follower tells, or takes no tallies.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await TellAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private Tally Count()
    {
        var (counts, about) = (audits.Read(), state.Describe());
        var most = counts.OrderByDescending(c => c.Denied).ThenByDescending(c => c.Allowed).Take(Tally.MostAudits).OrderBy(c => c.Policy).ToValueArray();
        return new(most, counts.Count - most.Count, about.Repairs, about.Cut);
    }
}
