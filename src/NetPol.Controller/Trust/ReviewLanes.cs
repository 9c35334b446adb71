using System.Net;
using Grpc.Core;

namespace NetPol.Controller.Trust;

/// <summary>Whose token it is that the API server is asked about.</summary>
internal enum ReviewLane
{
    /// <summary>The API server has accepted this token before.</summary>
    AcceptedToken,

    /// <summary>The token is new, and came from a known address.</summary>
    KnownAddress,

    /// <summary>The token is new, and so is its address.</summary>
    Stranger,
}

/// <summary>
/// Bounds the questions about tokens that the API server is asked at a time. Each lane has places of its own, so that a good token is never behind a stranger's. In the
/// lanes of new tokens one address has few places at a time, so that the others' turn comes soon however many questions it has. Safe for any thread.
/// </summary>
internal sealed class ReviewLanes : IDisposable
{
    /// <summary>Of all lanes together, at a time.</summary>
    public const int Places = 40;

    /// <summary>Of one address, in the lanes of new tokens, at a time.</summary>
    public const int PerAddress = 2;

    /// <summary>Questions of one address that may wait.</summary>
    public const int WaitingPerAddress = 64;

    /// <summary>Questions of addresses that are not known that may wait.</summary>
    public const int WaitingStrangers = 512;

    private readonly SemaphoreSlim _acceptedTokens = new(16);
    private readonly SemaphoreSlim _knownAddresses = new(16);
    private readonly SemaphoreSlim _strangers = new(Places - 32);
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Queue> _queues = [];
    private int _waitingStrangers;
    private int _waiting;

    /// <summary>Questions that wait for a place.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Asks when its turn comes.</summary>
    /// <param name="lane">Where it waits.</param>
    /// <param name="address">Who waits.</param>
    /// <param name="ask">The question.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: too many wait already. It is not of <paramref name="ask"/>'s making: <see cref="IsFull"/>.</exception>
    public async Task<T> AskAsync<T>(ReviewLane lane, IPAddress address, Func<Task<T>> ask, CancellationToken cancel)
    {
        if (lane == ReviewLane.AcceptedToken)
            return await AskAsync(_acceptedTokens, ask, cancel);
        var queue = Join(lane, address);
        try
        {
            return await AskAsync(queue.Places, () => AskAsync(lane == ReviewLane.Stranger ? _strangers : _knownAddresses, ask, cancel), cancel);
        }
        finally
        {
            Leave(lane, address, queue);
        }
    }

    /// <summary>Whether a refusal means that too many wait, and says nothing of the token.</summary>
    public static bool IsFull(RpcException refusal) => refusal.StatusCode == StatusCode.ResourceExhausted;

    public void Dispose()
    {
        _acceptedTokens.Dispose();
        _knownAddresses.Dispose();
        _strangers.Dispose();
    }

    private async Task<T> AskAsync<T>(SemaphoreSlim places, Func<Task<T>> ask, CancellationToken cancel)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await places.WaitAsync(cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        try
        {
            return await ask();
        }
        finally
        {
            places.Release();
        }
    }

    private Queue Join(ReviewLane lane, IPAddress address)
    {
        lock (_lock)
        {
            if (lane == ReviewLane.Stranger && _waitingStrangers >= WaitingStrangers)
                throw Full("too many callers");
            if (!_queues.TryGetValue(address, out var queue))
                _queues.Add(address, queue = new());
            if (queue.Members >= PerAddress + WaitingPerAddress)
                throw Full($"too many callers from {address}");
            queue.Members++;
            if (lane == ReviewLane.Stranger)
                _waitingStrangers++;
            return queue;
        }
    }

    private void Leave(ReviewLane lane, IPAddress address, Queue queue)
    {
        lock (_lock)
        {
            if (lane == ReviewLane.Stranger)
                _waitingStrangers--;
            if (--queue.Members > 0)
                return;
            _queues.Remove(address);
            queue.Places.Dispose();
        }
    }

    private static RpcException Full(string who) => new(new(StatusCode.ResourceExhausted, $"{who} wait to prove who they are: try again in a second"));

    private sealed class Queue
    {
        public SemaphoreSlim Places { get; } = new(PerAddress);

        public int Members { get; set; }
    }
}
