using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace NetPol.Hosting;

/// <summary>How many connections a port serves. An unproven connection is one whose caller has not proved who it is.</summary>
public sealed record ConnectionLimits
{
    /// <summary>Connections in all, proven and unproven.</summary>
    public int InAll { get; init; } = 16_384;

    /// <summary>Connections of one address, proven and unproven.</summary>
    public int PerAddress { get; init; } = 1024;

    /// <summary>Unproven connections of one address; one more closes the oldest of them.</summary>
    public int UnprovenPerAddress { get; init; } = 32;

    /// <summary>Unproven connections of all addresses that are not known; one more closes the oldest of them.</summary>
    public int UnprovenOfStrangers { get; init; } = 256;

    /// <summary>Unproven connections of all known addresses; one more closes the oldest of them.</summary>
    public int UnprovenOfKnown { get; init; } = 512;

    /// <summary>New connections in a second from one address; <see cref="Burst"/> times as many at once.</summary>
    public double RatePerAddress { get; init; } = 20;

    /// <summary>New connections in a second from all addresses that are not known; <see cref="Burst"/> times as many at once.</summary>
    public double RateOfStrangers { get; init; } = 200;

    /// <summary>How long a connection may stay unproven while no question about its token waits; null: no limit.</summary>
    public TimeSpan? UnprovenLifetime { get; init; } = TimeSpan.FromSeconds(15);

    public const int Burst = 3;

    /// <summary>A port that never asks for a proof: nothing on it costs much.</summary>
    public static ConnectionLimits Anonymous { get; } = new() { InAll = 64, PerAddress = 64, UnprovenPerAddress = 16, UnprovenOfStrangers = 48, UnprovenOfKnown = 48, UnprovenLifetime = null };
}

/// <summary>Why a connection was refused or closed.</summary>
public enum ConnectionRefusal
{
    /// <summary>Too many are open.</summary>
    InAll,

    /// <summary>Too many are open from this address.</summary>
    Address,

    /// <summary>Too many came in a short time from this address, or from addresses that are not known.</summary>
    Rate,

    /// <summary>A newer unproven connection needed its place.</summary>
    Displaced,

    /// <summary>It proved nothing in its time.</summary>
    Unproven,

    /// <summary>It sent too many requests without a proof.</summary>
    Requests,
}

/// <summary>
/// Bounds the connections of a port by source address and in all. It runs before TLS, so that a refused connection costs neither a handshake nor a buffer.
/// A caller that proves who it is leaves the bounds for unproven connections, and its address is known from then on. Safe for any thread.
/// </summary>
/// <param name="limits">The bounds.</param>
/// <param name="isKnown">Whether an address may be trusted to be a good caller's before it has proved anything, such as a node's.</param>
/// <param name="refused">Told of every refusal.</param>
/// <param name="time">The clock.</param>
public sealed class ConnectionGuard(ConnectionLimits limits, Func<IPAddress, bool> isKnown, Action<ConnectionRefusal, IPAddress> refused, TimeProvider time)
{
    private const int MostAddresses = 65_536;
    private const int SweepAt = 4096;

    /// <summary>Longer than a token lives, so that the address of an agent that only renews its token stays known.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Source> _sources = [];
    private readonly LinkedList<GuardedConnection> _strangers = [];
    private readonly LinkedList<GuardedConnection> _known = [];
    private RateLimit _strangerRate;
    private int _all;
    private int _proven;

    /// <summary>How many connections are open whose callers have proved who they are, and how many others.</summary>
    public (int Proven, int Unproven) Count
    {
        get
        {
            lock (_lock)
                return (_proven, _all - _proven);
        }
    }

    /// <summary>The middleware of a port; the first, before TLS.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    /// <summary>The address without what is only a form of it: IPv4-mapped, scope.</summary>
    public static IPAddress Plain(EndPoint? remote) => remote is not IPEndPoint { Address: var address } ? IPAddress.None
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId == 0 ? address
        : new IPAddress(address.GetAddressBytes());

    /// <summary>Takes a place.</summary>
    /// <param name="connection">The transport's.</param>
    /// <returns>Null: it is refused, and closed.</returns>
    public GuardedConnection? Enter(ConnectionContext connection)
    {
        var address = Plain(connection.RemoteEndPoint);
        var (isGiven, displaced) = (isKnown(address), new List<GuardedConnection>());
        GuardedConnection? entered = null;
        ConnectionRefusal? refusal;
        lock (_lock)
        {
            var source = Find(address);
            var known = isGiven || (source?.ProvenAt is { } at && time.GetElapsedTime(at) < Remembered);
            refusal = source is null ? ConnectionRefusal.InAll : Refusal(source, known);
            if (refusal is null)
                entered = Add(connection, source!, known ? _known : _strangers, displaced);
        }
        foreach (var old in displaced)
            old.Close(ConnectionRefusal.Displaced);
        if (refusal is not { } reason)
            return entered;
        refused(reason, address);
        connection.Abort(new ConnectionAbortedException("too many connections"));
        return null;
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Enter(connection) is not { } entered)
            return;
        connection.Features.Set(entered);
        try
        {
            entered.Watch(time, limits.UnprovenLifetime);
            await next(connection);
        }
        finally
        {
            Leave(entered);
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Leave(GuardedConnection connection)
    {
        connection.EndWatch();
        lock (_lock)
        {
            connection.HasLeft = true;
            _all--;
            connection.Source.Connections--;
            if (connection.IsProven)
                _proven--;
            Unlist(connection);
        }
    }

    /// <summary>The caller has proved who it is.</summary>
    internal void Prove(GuardedConnection connection)
    {
        lock (_lock)
        {
            connection.Source.ProvenAt = time.GetTimestamp();
            if (connection.IsProven || connection.HasLeft)
                return;
            connection.IsProven = true;
            _proven++;
            Unlist(connection);
        }
        connection.EndWatch();
    }

    /// <summary>Whether a request without a proof may be looked at.</summary>
    /// <param name="connection">Where it came.</param>
    /// <param name="perSecond">Of one address; <see cref="ConnectionLimits.Burst"/> times as many at once.</param>
    internal bool TakesRequest(GuardedConnection connection, double perSecond)
    {
        lock (_lock)
            return connection.Source.Requests.Take(perSecond, time);
    }

    internal void Refused(ConnectionRefusal reason, IPAddress address) => refused(reason, address);

    private ConnectionRefusal? Refusal(Source source, bool isKnown)
    {
        if (_all >= limits.InAll)
            return ConnectionRefusal.InAll;
        if (source.Connections >= limits.PerAddress)
            return ConnectionRefusal.Address;
        return source.Arrivals.Take(limits.RatePerAddress, time) && (isKnown || _strangerRate.Take(limits.RateOfStrangers, time)) ? null : ConnectionRefusal.Rate;
    }

    private GuardedConnection Add(ConnectionContext connection, Source source, LinkedList<GuardedConnection> pool, List<GuardedConnection> displaced)
    {
        if (source.Unproven.Count >= limits.UnprovenPerAddress)
            Displace(source.Unproven.First!.Value, displaced);
        if (pool.Count >= (pool == _known ? limits.UnprovenOfKnown : limits.UnprovenOfStrangers))
            Displace(pool.First!.Value, displaced);
        var entered = new GuardedConnection(this, connection, source, pool == _known);
        entered.InSource = source.Unproven.AddLast(entered);
        entered.InPool = pool.AddLast(entered);
        source.Connections++;
        _all++;
        return entered;
    }

    private static void Displace(GuardedConnection oldest, List<GuardedConnection> displaced)
    {
        Unlist(oldest);
        displaced.Add(oldest);
    }

    private static void Unlist(GuardedConnection connection)
    {
        connection.InSource?.List?.Remove(connection.InSource);
        connection.InPool?.List?.Remove(connection.InPool);
        (connection.InSource, connection.InPool) = (null, null);
    }

    /// <summary>Null when there are too many addresses to remember one more.</summary>
    private Source? Find(IPAddress address)
    {
        if (_sources.TryGetValue(address, out var source))
            return source;
        if (_sources.Count >= SweepAt)
            Sweep();
        if (_sources.Count >= MostAddresses)
            return null;
        _sources.Add(address, source = new(address));
        return source;
    }

    private void Sweep()
    {
        foreach (var (address, source) in _sources)
        {
            if (source.Connections == 0 && source.Arrivals.IsFull(limits.RatePerAddress, time) && (source.ProvenAt is not { } at || time.GetElapsedTime(at) >= Remembered))
                _sources.Remove(address);
        }
    }

    /// <summary>What is known of one address. Guarded by the lock of the guard.</summary>
    internal sealed class Source(IPAddress address)
    {
        public RateLimit Arrivals;
        public RateLimit Requests;

        public IPAddress Address { get; } = address;

        public LinkedList<GuardedConnection> Unproven { get; } = [];

        public int Connections { get; set; }

        public long? ProvenAt { get; set; }
    }
}

/// <summary>A place that <see cref="ConnectionGuard"/> gave to a connection; a feature of it.</summary>
public sealed class GuardedConnection
{
    private readonly ConnectionGuard _guard;
    private readonly ConnectionContext _connection;
    private readonly bool _wasKnown;
    private ITimer? _watch;
    private int _questions;
    private int _closed;

    internal GuardedConnection(ConnectionGuard guard, ConnectionContext connection, ConnectionGuard.Source source, bool wasKnown) =>
        (_guard, _connection, Source, _wasKnown) = (guard, connection, source, wasKnown);

    public IPAddress Address => Source.Address;

    /// <summary>Whether its caller has proved who it is.</summary>
    public bool IsProven { get; internal set; }

    /// <summary>Whether its address was known when it came, or a caller has proved there who it is since.</summary>
    public bool IsOfKnownAddress => _wasKnown || Source.ProvenAt is not null;

    internal bool HasLeft { get; set; }

    internal ConnectionGuard.Source Source { get; }

    internal LinkedListNode<GuardedConnection>? InSource { get; set; }

    internal LinkedListNode<GuardedConnection>? InPool { get; set; }

    /// <summary>The caller has proved who it is: the bounds for unproven connections no longer hold.</summary>
    public void Prove() => _guard.Prove(this);

    /// <summary>Whether one more request without a proof may be looked at. When not, and nobody proved anything on the connection, it is closed.</summary>
    /// <param name="perSecond">Of one address; <see cref="ConnectionLimits.Burst"/> times as many at once.</param>
    public bool TakesRequest(double perSecond)
    {
        if (_guard.TakesRequest(this, perSecond))
            return true;
        if (!IsProven)
            Close(ConnectionRefusal.Requests);
        return false;
    }

    /// <summary>A question about a token begins (1) or ends (-1): meanwhile the time to prove something does not run out.</summary>
    public void Asks(int change) => Interlocked.Add(ref _questions, change);

    public void Close(ConnectionRefusal reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _guard.Refused(reason, Address);
        _connection.Abort(new ConnectionAbortedException("the caller has not proved who it is"));
    }

    internal void Watch(TimeProvider time, TimeSpan? lifetime)
    {
        if (lifetime is not { } longest)
            return;
        _watch = time.CreateTimer(_ => LookAtAge(), null, longest, longest);
        if (IsProven)
            EndWatch();
    }

    internal void EndWatch() => _watch?.Dispose();

    private void LookAtAge()
    {
        if (!IsProven && Volatile.Read(ref _questions) == 0)
            Close(ConnectionRefusal.Unproven);
    }
}

/// <summary>A token bucket. Not for use by two threads at once.</summary>
internal struct RateLimit
{
    private double _used;
    private long _at;

    /// <summary>Takes one, when there is one.</summary>
    /// <param name="perSecond">How many are new in a second; <see cref="ConnectionLimits.Burst"/> times as many are there at most.</param>
    /// <param name="time">The clock.</param>
    public bool Take(double perSecond, TimeProvider time)
    {
        Fill(perSecond, time);
        if (_used + 1 > perSecond * ConnectionLimits.Burst)
            return false;
        _used++;
        return true;
    }

    public bool IsFull(double perSecond, TimeProvider time)
    {
        Fill(perSecond, time);
        return _used == 0;
    }

    private void Fill(double perSecond, TimeProvider time)
    {
        var now = time.GetTimestamp();
        _used = Math.Max(0, _used - (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
    }
}
