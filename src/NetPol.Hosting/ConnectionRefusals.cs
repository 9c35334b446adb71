using System.Net;

namespace NetPol.Hosting;

/// <summary>Tells the first refused connection of each reason, then no more than one line a minute for a reason. Safe for any thread.</summary>
/// <param name="tell">Told how many were refused since the last line, the last address, and why.</param>
/// <param name="time">The clock.</param>
public sealed class ConnectionRefusals(Action<int, IPAddress, string> tell, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<ConnectionRefusal, (long At, int Untold)> _told = [];

    public void Add(ConnectionRefusal reason, IPAddress address)
    {
        int count;
        lock (_lock)
        {
            if (_told.TryGetValue(reason, out var last) && time.GetElapsedTime(last.At) < Pause)
            {
                _told[reason] = last with { Untold = last.Untold + 1 };
                return;
            }
            count = last.Untold + 1;
            _told[reason] = (time.GetTimestamp(), 0);
        }
        tell(count, address, Words(reason));
    }

    private static string Words(ConnectionRefusal reason) => reason switch
    {
        ConnectionRefusal.InAll => "too many are open",
        ConnectionRefusal.Address => "too many are open from this address",
        ConnectionRefusal.Rate => "too many came within a second",
        ConnectionRefusal.Displaced => "newer ones needed their places before they sent a valid token",
        ConnectionRefusal.Unproven => "they sent no valid token in time",
        _ => "they sent too many requests without a valid token",
    };
}
