using System.Security.Cryptography;
using System.Text;
using Refusal = Grpc.Core.Status;

namespace NetPol.Controller.Trust;

/// <summary>Tokens that were refused a moment ago, by their hashes: nobody has to be asked about them again. Bounded. Safe for any thread.</summary>
internal sealed class RefusedTokens(TimeProvider time)
{
    private const int Most = 4096;

    /// <summary>No longer than an agent waits before it tries again: what was refused in error is soon taken.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Refusal> _refusals = new(StringComparer.Ordinal);
    private readonly Queue<(string Hash, long At)> _order = new();

    /// <summary>Why the token was refused; null when it was not, or long ago.</summary>
    public Refusal? Find(string token)
    {
        var hash = Hash(token);
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Memory)
                Forget();
            return _refusals.TryGetValue(hash, out var refusal) ? refusal : null;
        }
    }

    public void Add(string token, Refusal refusal)
    {
        var hash = Hash(token);
        lock (_lock)
        {
            if (!_refusals.TryAdd(hash, refusal))
                return;
            _order.Enqueue((hash, time.GetTimestamp()));
            if (_order.Count > Most)
                Forget();
        }
    }

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private void Forget() => _refusals.Remove(_order.Dequeue().Hash);
}
