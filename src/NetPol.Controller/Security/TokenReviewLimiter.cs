using System.Net;
using Grpc.Core;

namespace NetPol.Controller.Security;

/// <summary>Whose token it is that the API server is asked about.</summary>
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
/// Bounds the questions about tokens that the API server is asked at a time. Each lane has places of its own, so that a good token is never behind a stranger's. In the
/// lanes of new tokens one address has few places at a time, so that the others' turn comes soon however many questions it has. Safe for any thread.
/// </summary>
internal sealed class TokenReviewLimiter : IDisposable
{
    /// <summary>Of all lanes together, at a time.</summary>
    public const int MaxConcurrent = 40;

    /// <summary>Of one address, in the lanes of new tokens, at a time.</summary>
    public const int MaxPerAddress = 2;

    /// <summary>Questions of one address that may wait.</summary>
    public const int MaxWaitingPerAddress = 64;

    /// <summary>Questions of addresses that are not known that may wait.</summary>
    public const int MaxWaitingUnknown = 512;

    private readonly SemaphoreSlim _acceptedTokens = new(16);
    private readonly SemaphoreSlim _knownAddresses = new(16);
    private readonly SemaphoreSlim _unknownAddresses = new(MaxConcurrent - 32);
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Queue> _queues = [];
    private int _waitingUnknownAddresses;
    private int _waiting;

    /// <summary>Questions that wait for a place.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>
    /// Asks when its turn comes. A caller that leaves before its turn asks nothing; one that leaves later keeps its place until the answer is there, so that no caller
    /// can ask more by leaving.
    /// </summary>
    /// <param name="pool">Where it waits.</param>
    /// <param name="address">Who waits.</param>
    /// <param name="ask">The question.</param>
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
                // In front: the queue goes with its last member.
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
