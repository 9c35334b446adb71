using System.Threading.Channels;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Netlink;
using NetPol.Rendering;

namespace NetPol.Agent.Cutting;

/// <summary>
/// Judges established connections again after the rules have changed, and cuts those that are forbidden now; every <see cref="MidstreamInterval"/> besides those that the
/// kernel picked up in the middle. After each look it rests, see <see cref="Rest"/>; changes that come meanwhile are looked at together.
/// </summary>
internal sealed class ConnectionCutter : BackgroundService
{
    /// <summary>How often TCP connections are looked for that the kernel has picked up in the middle.</summary>
    internal static readonly TimeSpan MidstreamInterval = TimeSpan.FromSeconds(30);

    private readonly Enforcer _enforcer;
    private readonly KernelConnections _kernel;
    private readonly AgentState _state;
    private readonly TimeProvider _time;
    private readonly ILogger<ConnectionCutter> _log;
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly OneTrouble _trouble = new();
    private Suspects _suspects = new();

    public ConnectionCutter(Enforcer enforcer, KernelConnections kernel, AgentState state, TimeProvider time, ILogger<ConnectionCutter> log)
    {
        (_enforcer, _kernel, _state, _time, _log) = (enforcer, kernel, state, time, log);
        enforcer.InForce += Suspect;
        enforcer.Unproven += SuspectUnproven;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(CutAsync(stoppingToken), SuspectMidstreamAsync(stoppingToken));

    private async Task CutAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _news.Reader.ReadAllAsync(stoppingToken))
        {
            var started = _time.GetTimestamp();
            TryCut();
            await Task.Delay(Rest.After(_time.GetElapsedTime(started)), _time, stoppingToken);
        }
    }

    // No change of the rules announces that the kernel picks a connection up.
    private async Task SuspectMidstreamAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(MidstreamInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_enforcer.Rules is null)
                continue;
            lock (_lock)
            {
                _suspects.AddMidstream();
                _news.Writer.TryWrite(true);
            }
        }
    }

    private void SuspectUnproven()
    {
        lock (_lock)
            _suspects.AddUnproven();
    }

    private void Suspect(NodeRuleSetDelta? change)
    {
        lock (_lock)
        {
            if (change is null)
                _suspects.AddEverybody();
            else
                _suspects.Add(change);
            if (!_suspects.IsEmpty)
                _news.Writer.TryWrite(true);
        }
    }

    private void TryCut()
    {
        Suspects suspects;
        lock (_lock)
            (suspects, _suspects) = (_suspects, new());
        try
        {
            Cut(suspects);
            _trouble.IsOver();
        }
        catch (NetlinkException error)
        {
            if (_trouble.Is(error.Message))
                Log.NotCut(_log, error.Message);
            Suspect(suspects);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            if (_trouble.Is(error.Message))
                Log.Unexpected(_log, "to judge established connections again", error);
            Suspect(suspects);
        }
    }

    private void Suspect(Suspects again)
    {
        lock (_lock)
            _suspects.Add(again);
        _news.Writer.TryWrite(true);
    }

    private void Cut(Suspects suspects)
    {
        var started = _time.GetTimestamp();
        var forbidden = ForbiddenConnections.Among(_kernel, suspects, () => _enforcer.Rules!);
        var cut = 0;
        try
        {
            foreach (var connection in _kernel.Cut(forbidden, Full))
                cut += connection.IsOver ? 0 : 1;
        }
        finally
        {
            if (cut > 0)
            {
                _state.Cut(cut);
                Log.Cut(_log, cut, _time.GetElapsedTime(started).TotalMilliseconds);
            }
        }
    }

    private void Full(IpFamily family)
    {
        _state.CutFull();
        Log.CutFull(_log, CutLayout.MostFlows, family == IpFamily.V4 ? "IPv4" : "IPv6", CutLayout.LongestTime.TotalMinutes);
    }
}
