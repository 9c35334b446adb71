using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace NetPol.Hosting;

/// <summary>
/// Bounds the connections of a port by source address and in all. It runs before TLS, so that a refused connection costs neither a handshake nor a buffer.
/// The bounds of unauthenticated connections do not apply to a caller that has authenticated, and its address is known from then on. Safe for any thread.
/// </summary>
/// <param name="limits">The bounds.</param>
/// <param name="isKnown">Returns whether an address is known before a caller has authenticated from it, such as a node's.</param>
/// <param name="refused">Called for every refusal.</param>
/// <param name="time">The clock.</param>
public sealed class ConnectionLimiter(ConnectionLimits limits, Func<IPAddress, bool> isKnown, Action<ConnectionRefusalReason, IPAddress> refused, TimeProvider time)
{
    private const int MaxAddresses = 65_536;
    private const int SweepThreshold = 4096;

    /// <summary>Longer than the lifetime of a token, so that the address of an agent that only renews its token stays known.</summary>
    private static readonly TimeSpan KnownAddressTime = TimeSpan.FromHours(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Source> _sources = [];
    private readonly LinkedList<LimitedConnection> _unknown = [];
    private readonly LinkedList<LimitedConnection> _known = [];
    private TokenBucket _unknownRate;
    private int _all;
    private int _authenticated;

    /// <summary>How many authenticated and unauthenticated connections are open.</summary>
    public (int Authenticated, int Unauthenticated) Count
    {
        get
        {
            lock (_lock)
                return (_authenticated, _all - _authenticated);
        }
    }

    /// <summary>The middleware of a port; the first, before TLS.</summary>
    public ConnectionDelegate UseLimits(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    /// <summary>Returns the address in one form: IPv4 instead of IPv4-mapped, without scope.</summary>
    public static IPAddress Normalize(EndPoint? remote) => remote is not IPEndPoint { Address: var address } ? IPAddress.None
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily != AddressFamily.InterNetworkV6 || address.ScopeId == 0 ? address
        : new IPAddress(address.GetAddressBytes());

    /// <summary>Adds a connection.</summary>
    /// <param name="connection">The transport's.</param>
    /// <returns>Null when it is refused; it is then closed.</returns>
    public LimitedConnection? Accept(ConnectionContext connection)
    {
        var address = Normalize(connection.RemoteEndPoint);
        var (isGiven, displaced) = (isKnown(address), new List<LimitedConnection>());
        LimitedConnection? entered = null;
        ConnectionRefusalReason? refusal;
        lock (_lock)
        {
            var source = Find(address);
            var known = isGiven || (source?.AuthenticatedAt is { } at && time.GetElapsedTime(at) < KnownAddressTime);
            refusal = source is null ? ConnectionRefusalReason.Total : Refusal(source, known);
            if (refusal is null)
                entered = Add(connection, source!, known ? _known : _unknown, displaced);
        }
        foreach (var old in displaced)
            old.Close(ConnectionRefusalReason.Displaced);
        if (refusal is not { } reason)
            return entered;
        refused(reason, address);
        connection.Abort(new ConnectionAbortedException("too many connections"));
        return null;
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (Accept(connection) is not { } entered)
            return;
        connection.Features.Set(entered);
        try
        {
            entered.Watch(time, limits.UnauthenticatedLifetime);
            await next(connection);
        }
        finally
        {
            Release(entered);
        }
    }

    /// <summary>Removes a connection.</summary>
    public void Release(LimitedConnection connection)
    {
        connection.EndWatch();
        lock (_lock)
        {
            connection.IsReleased = true;
            _all--;
            connection.Source.Connections--;
            if (connection.IsAuthenticated)
                _authenticated--;
            Unlist(connection);
        }
    }

    /// <summary>Marks a connection as authenticated.</summary>
    internal void MarkAuthenticated(LimitedConnection connection)
    {
        lock (_lock)
        {
            connection.Source.AuthenticatedAt = time.GetTimestamp();
            if (connection.IsAuthenticated || connection.IsReleased)
                return;
            connection.IsAuthenticated = true;
            _authenticated++;
            Unlist(connection);
        }
        connection.EndWatch();
    }

    /// <summary>Returns whether an unauthenticated request may be served.</summary>
    /// <param name="connection">The connection of the request.</param>
    /// <param name="perSecond">Of one address; <see cref="ConnectionLimits.Burst"/> times as many at once.</param>
    internal bool TryTakeRequest(LimitedConnection connection, double perSecond)
    {
        lock (_lock)
            return connection.Source.Requests.TryTake(perSecond, time);
    }

    internal void ReportRefusal(ConnectionRefusalReason reason, IPAddress address) => refused(reason, address);

    private ConnectionRefusalReason? Refusal(Source source, bool isKnown)
    {
        if (_all >= limits.MaxConnections)
            return ConnectionRefusalReason.Total;
        if (source.Connections >= limits.MaxPerAddress)
            return ConnectionRefusalReason.Address;
        return source.Arrivals.TryTake(limits.RatePerAddress, time) && (isKnown || _unknownRate.TryTake(limits.RateOfUnknown, time)) ? null : ConnectionRefusalReason.Rate;
    }

    private LimitedConnection Add(ConnectionContext connection, Source source, LinkedList<LimitedConnection> pool, List<LimitedConnection> displaced)
    {
        if (source.Unauthenticated.Count >= limits.MaxUnauthenticatedPerAddress)
            Displace(source.Unauthenticated.First!.Value, displaced);
        if (pool.Count >= (pool == _known ? limits.MaxUnauthenticatedFromKnown : limits.MaxUnauthenticatedFromUnknown))
            Displace(pool.First!.Value, displaced);
        var entered = new LimitedConnection(this, connection, source, pool == _known);
        entered.InSource = source.Unauthenticated.AddLast(entered);
        entered.InPool = pool.AddLast(entered);
        source.Connections++;
        _all++;
        return entered;
    }

    private static void Displace(LimitedConnection oldest, List<LimitedConnection> displaced)
    {
        Unlist(oldest);
        displaced.Add(oldest);
    }

    private static void Unlist(LimitedConnection connection)
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
        if (_sources.Count >= SweepThreshold)
            Sweep();
        if (_sources.Count >= MaxAddresses)
            return null;
        _sources.Add(address, source = new(address));
        return source;
    }

    private void Sweep()
    {
        foreach (var (address, source) in _sources)
        {
            if (source.Connections == 0 && source.Arrivals.IsFull(limits.RatePerAddress, time) && (source.AuthenticatedAt is not { } at || time.GetElapsedTime(at) >= KnownAddressTime))
                _sources.Remove(address);
        }
    }

    /// <summary>What is known of one address. Guarded by the lock of the guard.</summary>
    internal sealed class Source(IPAddress address)
    {
        public TokenBucket Arrivals;
        public TokenBucket Requests;

        public IPAddress Address { get; } = address;

        public LinkedList<LimitedConnection> Unauthenticated { get; } = [];

        public int Connections { get; set; }

        public long? AuthenticatedAt { get; set; }
    }
}

/// <summary>How many connections a port serves. The caller of an unauthenticated connection has not sent a valid token.</summary>
public sealed record ConnectionLimits
{
    /// <summary>Connections in all, authenticated and unauthenticated.</summary>
    public int MaxConnections { get; init; } = 16_384;

    /// <summary>Connections of one address, authenticated and unauthenticated.</summary>
    public int MaxPerAddress { get; init; } = 1024;

    /// <summary>Unauthenticated connections of one address; one more closes the oldest of them.</summary>
    public int MaxUnauthenticatedPerAddress { get; init; } = 32;

    /// <summary>Unauthenticated connections of all addresses that are not known; one more closes the oldest of them.</summary>
    public int MaxUnauthenticatedFromUnknown { get; init; } = 256;

    /// <summary>Unauthenticated connections of all known addresses; one more closes the oldest of them.</summary>
    public int MaxUnauthenticatedFromKnown { get; init; } = 512;

    /// <summary>New connections in a second from one address; <see cref="Burst"/> times as many at once.</summary>
    public double RatePerAddress { get; init; } = 20;

    /// <summary>New connections in a second from all addresses that are not known; <see cref="Burst"/> times as many at once.</summary>
    public double RateOfUnknown { get; init; } = 200;

    /// <summary>How long a connection may stay unauthenticated while no review of its token waits; null: no limit.</summary>
    public TimeSpan? UnauthenticatedLifetime { get; init; } = TimeSpan.FromSeconds(15);

    public const int Burst = 3;

    /// <summary>The limits of a port without authentication: its requests cost little.</summary>
    public static ConnectionLimits Anonymous { get; } = new() { MaxConnections = 64, MaxPerAddress = 64, MaxUnauthenticatedPerAddress = 16, MaxUnauthenticatedFromUnknown = 48, MaxUnauthenticatedFromKnown = 48, UnauthenticatedLifetime = null };
}

/// <summary>Why a connection was refused or closed.</summary>
public enum ConnectionRefusalReason
{
    /// <summary>Too many are open.</summary>
    Total,

    /// <summary>Too many are open from this address.</summary>
    Address,

    /// <summary>Too many came in a short time from this address, or from addresses that are not known.</summary>
    Rate,

    /// <summary>A newer unauthenticated connection replaced it.</summary>
    Displaced,

    /// <summary>It did not authenticate in time.</summary>
    Unauthenticated,

    /// <summary>It sent too many unauthenticated requests.</summary>
    Requests,
}

/// <summary>A place that <see cref="ConnectionLimiter"/> gave to a connection; a feature of it.</summary>
public sealed class LimitedConnection
{
    private readonly ConnectionLimiter _guard;
    private readonly ConnectionContext _connection;
    private readonly bool _wasKnown;
    private ITimer? _watch;
    private int _questions;
    private int _closed;

    internal LimitedConnection(ConnectionLimiter guard, ConnectionContext connection, ConnectionLimiter.Source source, bool wasKnown) =>
        (_guard, _connection, Source, _wasKnown) = (guard, connection, source, wasKnown);

    public IPAddress Address => Source.Address;

    /// <summary>Whether its caller has authenticated.</summary>
    public bool IsAuthenticated { get; internal set; }

    /// <summary>Whether its address was known when it came, or a caller has authenticated from it since.</summary>
    public bool IsFromKnownAddress => _wasKnown || Source.AuthenticatedAt is not null;

    internal bool IsReleased { get; set; }

    internal ConnectionLimiter.Source Source { get; }

    internal LinkedListNode<LimitedConnection>? InSource { get; set; }

    internal LinkedListNode<LimitedConnection>? InPool { get; set; }

    /// <summary>Marks the connection as authenticated: the bounds for unauthenticated connections no longer apply.</summary>
    public void MarkAuthenticated() => _guard.MarkAuthenticated(this);

    /// <summary>Returns whether one more unauthenticated request may be served. If not, and the connection was never authenticated, it is closed.</summary>
    /// <param name="perSecond">Of one address; <see cref="ConnectionLimits.Burst"/> times as many at once.</param>
    public bool TryTakeRequest(double perSecond)
    {
        if (_guard.TryTakeRequest(this, perSecond))
            return true;
        if (!IsAuthenticated)
            Close(ConnectionRefusalReason.Requests);
        return false;
    }

    /// <summary>A token review begins (1) or ends (-1): during a review the time to authenticate does not run out.</summary>
    public void CountPendingReviews(int change) => Interlocked.Add(ref _questions, change);

    public void Close(ConnectionRefusalReason reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        _guard.ReportRefusal(reason, Address);
        _connection.Abort(new ConnectionAbortedException("the caller has not proved who it is"));
    }

    internal void Watch(TimeProvider time, TimeSpan? lifetime)
    {
        if (lifetime is not { } longest)
            return;
        _watch = time.CreateTimer(_ => CloseIfExpired(), null, longest, longest);
        if (IsAuthenticated)
            EndWatch();
    }

    internal void EndWatch() => _watch?.Dispose();

    private void CloseIfExpired()
    {
        if (!IsAuthenticated && Volatile.Read(ref _questions) == 0)
            Close(ConnectionRefusalReason.Unauthenticated);
    }
}

/// <summary>A token bucket. Not for use by two threads at once.</summary>
internal struct TokenBucket
{
    private double _used;
    private long _at;

    /// <summary>Takes one, when there is one.</summary>
    /// <param name="perSecond">How many are new in a second; <see cref="ConnectionLimits.Burst"/> times as many are there at most.</param>
    /// <param name="time">The clock.</param>
    public bool TryTake(double perSecond, TimeProvider time)
    {
        Refill(perSecond, time);
        if (_used + 1 > perSecond * ConnectionLimits.Burst)
            return false;
        _used++;
        return true;
    }

    public bool IsFull(double perSecond, TimeProvider time)
    {
        Refill(perSecond, time);
        return _used == 0;
    }

    private void Refill(double perSecond, TimeProvider time)
    {
        var now = time.GetTimestamp();
        _used = Math.Max(0, _used - (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
    }
}

/// <summary>Logs the first refused connection of each reason, then at most one line a minute for a reason. Safe for any thread.</summary>
/// <param name="log">Called with the number of refusals since the last line, the last address, and the reason.</param>
/// <param name="time">The clock.</param>
public sealed class RefusalLog(Action<int, IPAddress, string> log, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<ConnectionRefusalReason, (long At, int Unlogged)> _logged = [];

    public void Add(ConnectionRefusalReason reason, IPAddress address)
    {
        int count;
        lock (_lock)
        {
            if (_logged.TryGetValue(reason, out var last) && time.GetElapsedTime(last.At) < Pause)
            {
                _logged[reason] = last with { Unlogged = last.Unlogged + 1 };
                return;
            }
            count = last.Unlogged + 1;
            _logged[reason] = (time.GetTimestamp(), 0);
        }
        log(count, address, Describe(reason));
    }

    private static string Describe(ConnectionRefusalReason reason) => reason switch
    {
        ConnectionRefusalReason.Total => "too many are open",
        ConnectionRefusalReason.Address => "too many are open from this address",
        ConnectionRefusalReason.Rate => "too many came within a second",
        ConnectionRefusalReason.Displaced => "newer ones needed their places before they sent a valid token",
        ConnectionRefusalReason.Unauthenticated => "they sent no valid token in time",
        _ => "they sent too many requests without a valid token",
    };
}
