using System.Net;
using Grpc.Core;

namespace NetPol.Controller.Security;

/// <summary>The pool in which a token review waits.</summary>
internal enum TokenReviewPool
{
    /// <summary>The API server has accepted this token before.</summary>
    AcceptedToken,

    /// <summary>The token is new, and came from a known address.</summary>
    KnownAddress,

    /// <summary>The token is new, and so is its address.</summary>
    UnknownAddress,
}

/// <summary>
/// Bounds concurrent token reviews. Each pool has places of its own, so that an accepted token never waits behind those of unauthenticated clients. In the
/// pools of new tokens one address has few places at a time, so that other addresses get theirs soon. Safe for any thread.
/// </summary>
internal sealed class TokenReviewLimiter : IDisposable
{
    /// <summary>Concurrent reviews of all pools together.</summary>
    public const int MaxConcurrent = 40;

    /// <summary>Concurrent reviews of one address in the pools of new tokens.</summary>
    public const int MaxPerAddress = 2;

    /// <summary>Reviews of one address that may wait.</summary>
    public const int MaxWaitingPerAddress = 64;

    /// <summary>Reviews of unknown addresses that may wait.</summary>
    public const int MaxWaitingUnknown = 512;

    private readonly SemaphoreSlim _acceptedTokens = new(16);
    private readonly SemaphoreSlim _knownAddresses = new(16);
    private readonly SemaphoreSlim _unknownAddresses = new(MaxConcurrent - 32);
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Queue> _queues = [];
    private int _waitingUnknownAddresses;
    private int _waiting;

    /// <summary>Reviews that wait for a place.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>
    /// Runs a review as soon as there is a place. A caller that cancels while it waits starts no review; one that cancels later keeps its place until the review ends, so that no caller
    /// gets more reviews by canceling.
    /// </summary>
    /// <param name="pool">The pool that the review waits in.</param>
    /// <param name="address">The caller's address.</param>
    /// <param name="ask">The review.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too many wait already.</exception>
    public async Task<T> RunAsync<T>(TokenReviewPool pool, IPAddress address, Func<Task<T>> ask, CancellationToken cancel)
    {
        var queue = pool == TokenReviewPool.AcceptedToken ? null : Join(pool, address);
        var places = pool switch
        {
            TokenReviewPool.AcceptedToken => _acceptedTokens,
            TokenReviewPool.KnownAddress => _knownAddresses,
            _ => _unknownAddresses,
        };
        List<Action> leave = queue is null ? [] : [() => Leave(pool, address, queue)];
        try
        {
            foreach (var place in (SemaphoreSlim[])(queue is null ? [places] : [queue.Places, places]))
            {
                await WaitAsync(place, cancel);
                // At the front, because the last member disposes of the queue.
                leave.Insert(0, () => place.Release());
            }
        }
        catch
        {
            leave.ForEach(l => l());
            throw;
        }
        return await FinishAsync(ask, leave).WaitAsync(cancel);
    }

    public void Dispose()
    {
        _acceptedTokens.Dispose();
        _knownAddresses.Dispose();
        _unknownAddresses.Dispose();
    }

    private static async Task<T> FinishAsync<T>(Func<Task<T>> ask, List<Action> leave)
    {
        try
        {
            return await ask();
        }
        finally
        {
            leave.ForEach(l => l());
        }
    }

    private async Task WaitAsync(SemaphoreSlim place, CancellationToken cancel)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await place.WaitAsync(cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private Queue Join(TokenReviewPool pool, IPAddress address)
    {
        lock (_lock)
        {
            if (pool == TokenReviewPool.UnknownAddress && _waitingUnknownAddresses >= MaxWaitingUnknown)
                throw Full("too many callers");
            if (!_queues.TryGetValue(address, out var queue))
                _queues.Add(address, queue = new());
            if (queue.Members >= MaxPerAddress + MaxWaitingPerAddress)
                throw Full($"too many callers from {address}");
            queue.Members++;
            if (pool == TokenReviewPool.UnknownAddress)
                _waitingUnknownAddresses++;
            return queue;
        }
    }

    private void Leave(TokenReviewPool pool, IPAddress address, Queue queue)
    {
        lock (_lock)
        {
            if (pool == TokenReviewPool.UnknownAddress)
                _waitingUnknownAddresses--;
            if (--queue.Members > 0)
                return;
            _queues.Remove(address);
            queue.Places.Dispose();
        }
    }

    private static RpcException Full(string who) => new(new(StatusCode.ResourceExhausted, $"{who} wait to prove who they are: try again in a second"));

    private sealed class Queue
    {
        public SemaphoreSlim Places { get; } = new(MaxPerAddress);

        public int Members { get; set; }
    }
}
