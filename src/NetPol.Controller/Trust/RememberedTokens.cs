using System.Security.Cryptography;
using System.Text;

namespace NetPol.Controller.Trust;

/// <summary>What the API server said of tokens, by their hashes, for a time. Bounded: the oldest are forgotten first. Safe for any thread.</summary>
/// <param name="most">How many tokens are remembered.</param>
/// <param name="memory">For how long.</param>
/// <param name="time">The clock.</param>
internal sealed class RememberedTokens<T>(int most, TimeSpan memory, TimeProvider time)
    where T : struct
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (T Answer, long At)> _answers = new(StringComparer.Ordinal);
    private readonly Queue<(string Hash, long At)> _order = new();

    /// <summary>What was said; null when nothing was, or long ago.</summary>
    public T? Find(string token)
    {
        var hash = Hash(token);
        lock (_lock)
        {
            ForgetOld();
            return _answers.TryGetValue(hash, out var found) ? found.Answer : null;
        }
    }

    public void Add(string token, T answer)
    {
        var hash = Hash(token);
        lock (_lock)
        {
            ForgetOld();
            // An answer that is given often moves to the end of the queue, though not each time.
            if (_answers.TryGetValue(hash, out var before) && time.GetElapsedTime(before.At) < memory / 2)
                return;
            var now = time.GetTimestamp();
            _answers[hash] = (answer, now);
            _order.Enqueue((hash, now));
            if (_order.Count > most)
                Forget();
        }
    }

    public void Remove(string token)
    {
        var hash = Hash(token);
        lock (_lock)
            _answers.Remove(hash);
    }

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private void ForgetOld()
    {
        while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > memory)
            Forget();
    }

    private void Forget()
    {
        var (hash, at) = _order.Dequeue();
        if (_answers.TryGetValue(hash, out var found) && found.At == at)
            _answers.Remove(hash);
    }
}
