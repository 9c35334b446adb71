using System.Diagnostics;
using System.Net.Sockets;

namespace NetPol.Lab.Probing;

/// <summary>
/// Probes that are on their way at the same time. It ends when every probe has its answer, or when nothing at all has been sent or heard for the
/// quiet time. Two thirds of silence in, the silent ones have been sent three times.
/// </summary>
internal sealed class Wave : IDisposable
{
    private const int Repeats = 2;

    private readonly Dictionary<Socket, (int Index, Attempt Attempt)> _waiting = [];
    private readonly TimeSpan _quiet;
    private readonly Action<int, Observation> _observed;
    private long _lastEvent = Stopwatch.GetTimestamp();
    private int _repeated;

    /// <summary><paramref name="observed"/> is told once of every probe, with the index that it was added under.</summary>
    public Wave(TimeSpan quiet, Action<int, Observation> observed)
    {
        _quiet = quiet;
        _observed = observed;
    }

    /// <summary>Sends probes of one source; to be called inside its namespace.</summary>
    public void Send(IEnumerable<(int Index, Probe Probe)> probes)
    {
        foreach (var (index, probe) in probes)
        {
            Attempt? attempt = null;
            try
            {
                attempt = Attempt.Open(probe);
                attempt.Send();
                _waiting.Add(attempt.Socket, (index, attempt));
            }
            catch (SocketException error)
            {
                attempt?.Dispose();
                _observed(index, Attempt.Judge(probe, error.SocketErrorCode) ?? new(probe, ProbeOutcome.Failed, Error: error.Message));
            }
        }

        _lastEvent = Stopwatch.GetTimestamp();
    }

    /// <summary>Waits until the wave has ended.</summary>
    public void Listen(CancellationToken cancel)
    {
        while (_waiting.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            var silence = Stopwatch.GetElapsedTime(_lastEvent);
            if (silence >= _quiet)
                break;
            if (_repeated < Repeats && silence >= _quiet * (_repeated + 1) / (Repeats + 1))
                SendAgain();
            Hear(_quiet * (_repeated + 1) / (Repeats + 1) - silence);
        }

        foreach (var (index, attempt) in _waiting.Values)
            _observed(index, attempt.GiveUp());
    }

    public void Dispose()
    {
        foreach (var (_, attempt) in _waiting.Values)
            attempt.Dispose();
        _waiting.Clear();
    }

    private void SendAgain()
    {
        _repeated++;
        foreach (var (index, attempt) in _waiting.Values.ToList())
            Settle(index, attempt, attempt.SendAgain());
    }

    private void Hear(TimeSpan atMost)
    {
        var readable = new List<Socket>(_waiting.Keys);
        var failed = new List<Socket>(_waiting.Keys);
        Socket.Select(readable, null, failed, atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero);
        foreach (var socket in readable.Union(failed))
        {
            var (index, attempt) = _waiting[socket];
            Settle(index, attempt, attempt.Hear());
        }
    }

    private void Settle(int index, Attempt attempt, Observation? observation)
    {
        if (observation is null)
            return;
        _lastEvent = Stopwatch.GetTimestamp();
        _observed(index, observation);
        _waiting.Remove(attempt.Socket);
        attempt.Dispose();
    }
}
