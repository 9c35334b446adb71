using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace NetPol.Hosting.Tests;

/// <summary>Which connections a port serves, by address.</summary>
[TestClass]
public sealed class ConnectionLimiterTests
{
    private static readonly IPAddress Flood = IPAddress.Parse("10.1.0.1"), Agent = IPAddress.Parse("192.0.2.1"), Other = IPAddress.Parse("10.1.0.2");

    private readonly FakeTimeProvider _time = new();
    private readonly List<(ConnectionRefusalReason Reason, IPAddress Address)> _refused = [];

    [TestMethod]
    public void A_flood_from_one_address_takes_no_place_of_another()
    {
        var guard = Guard(new() { MaxUnauthenticatedPerAddress = 4, MaxUnauthenticatedFromUnknown = 6 });
        for (var i = 0; i < 30; i++)
            Enter(guard, Flood);
        var other = Enter(guard, Other);
        Assert.IsNotNull(other.Guarded);
        Assert.IsFalse(other.IsAborted);
        Assert.AreEqual(26, _refused.Count(r => r.Reason == ConnectionRefusalReason.Displaced && r.Address.Equals(Flood)));
    }

    [TestMethod]
    public void The_oldest_unauthenticated_connection_goes_and_no_authenticated_one()
    {
        var guard = Guard(new() { MaxUnauthenticatedPerAddress = 2 });
        var authenticated = Enter(guard, Flood);
        authenticated.Guarded!.MarkAuthenticated();
        var connections = Enumerable.Range(0, 5).Select(_ => Enter(guard, Flood)).ToList();
        Assert.IsFalse(authenticated.IsAborted);
        CollectionAssert.AreEqual(new[] { true, true, true, false, false }, connections.ConvertAll(c => c.IsAborted));
        Assert.AreEqual((1, 5), guard.Count);
    }

    [TestMethod]
    public void Known_addresses_have_places_of_their_own()
    {
        var guard = Guard(new() { MaxUnauthenticatedPerAddress = 2, MaxUnauthenticatedFromUnknown = 3, RateOfUnknown = 100 });
        var agent = Enter(guard, Agent);
        var unknown = Enumerable.Range(0, 200).Select(i => Enter(guard, IPAddress.Parse($"10.2.0.{i}"))).ToList();
        Assert.AreEqual(3, unknown.Count(s => !s.IsAborted));
        Assert.IsFalse(agent.IsAborted);
        // The rate of unknown addresses is used up; that of known addresses is not.
        for (var i = 0; i < 200; i++)
            Enter(guard, IPAddress.Parse($"10.3.0.{i}"));
        Assert.IsNull(Enter(guard, Other).Guarded);
        Assert.IsNotNull(Enter(guard, Agent).Guarded);
    }

    [TestMethod]
    public void An_address_at_which_a_caller_proved_who_it_is_is_known()
    {
        var guard = Guard(new() { RateOfUnknown = 1, RatePerAddress = 100 });
        Enter(guard, Other).Guarded!.MarkAuthenticated();
        for (var i = 0; i < 20; i++)
            Enter(guard, IPAddress.Parse($"10.2.0.{i}"));
        Assert.IsNull(Enter(guard, IPAddress.Parse("10.2.1.1")).Guarded);
        Assert.IsTrue(Enter(guard, Other).Guarded?.IsFromKnownAddress);
    }

    [TestMethod]
    public void Connections_of_an_address_come_at_a_bounded_rate_that_passes()
    {
        var guard = Guard(new() { RatePerAddress = 5 });
        var taken = Enumerable.Range(0, 40).Count(_ => Enter(guard, Flood).Guarded is not null);
        Assert.AreEqual(5 * ConnectionLimits.Burst, taken);
        Assert.Contains((ConnectionRefusalReason.Rate, Flood), _refused);
        Assert.IsNotNull(Enter(guard, Other).Guarded);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.IsNotNull(Enter(guard, Flood).Guarded);
    }

    [TestMethod]
    public void In_all_there_are_no_more_than_some_and_places_come_back()
    {
        var guard = Guard(new() { MaxConnections = 3, UnauthenticatedLifetime = null });
        var open = Enumerable.Range(0, 3).Select(i => Enter(guard, IPAddress.Parse($"10.2.0.{i}"))).ToList();
        open.ForEach(o => o.Guarded!.MarkAuthenticated());
        Assert.IsNull(Enter(guard, Agent).Guarded);
        Assert.AreEqual(ConnectionRefusalReason.Total, _refused.Single().Reason);
        guard.Release(open[0].Guarded!);
        Assert.IsNotNull(Enter(guard, Agent).Guarded);
    }

    [TestMethod]
    public async Task An_unauthenticated_connection_is_closed_unless_its_token_review_is_pending()
    {
        var guard = Guard(new());
        var release = new TaskCompletionSource();
        var serve = guard.UseLimits(_ => release.Task);
        var (idle, asking, authenticated) = (new FakeConnection(Flood), new FakeConnection(Flood), new FakeConnection(Flood));
        var serving = new[] { idle, asking, authenticated }.Select(c => serve(c)).ToList();
        asking.Guarded!.CountPendingReviews(1);
        authenticated.Guarded!.MarkAuthenticated();
        _time.Advance(TimeSpan.FromSeconds(15));
        CollectionAssert.AreEqual(new[] { true, false, false }, new[] { idle.IsAborted, asking.IsAborted, authenticated.IsAborted });
        asking.Guarded.CountPendingReviews(-1);
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.IsTrue(asking.IsAborted);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.IsFalse(authenticated.IsAborted);
        release.SetResult();
        await Task.WhenAll(serving);
        Assert.AreEqual((0, 0), guard.Count);
    }

    [TestMethod]
    public void Too_many_requests_without_a_proof_close_a_connection_that_has_none()
    {
        var guard = Guard(new());
        var (unknown, agent) = (Enter(guard, Flood), Enter(guard, Flood));
        agent.Guarded!.MarkAuthenticated();
        Assert.AreEqual(30, Enumerable.Range(0, 30).Count(_ => unknown.Guarded!.TryTakeRequest(perSecond: 10)));
        Assert.IsFalse(agent.Guarded.TryTakeRequest(perSecond: 10));
        Assert.IsFalse(agent.IsAborted);
        Assert.IsFalse(unknown.Guarded!.TryTakeRequest(perSecond: 10));
        Assert.IsTrue(unknown.IsAborted);
    }

    [TestMethod]
    public void One_address_has_several_forms()
    {
        Assert.AreEqual(Flood, ConnectionLimiter.Normalize(new IPEndPoint(Flood.MapToIPv6(), 1)));
        Assert.AreEqual(IPAddress.Parse("fe80::1"), ConnectionLimiter.Normalize(new IPEndPoint(IPAddress.Parse("fe80::1%3"), 1)));
    }

    [TestMethod]
    public void A_lasting_failure_is_logged_once_a_minute()
    {
        var lines = new List<int>();
        var refusals = new RefusalLog((count, _, _) => lines.Add(count), _time);
        for (var i = 0; i < 100; i++)
            refusals.Add(ConnectionRefusalReason.Rate, Flood);
        refusals.Add(ConnectionRefusalReason.Unauthenticated, Flood);
        CollectionAssert.AreEqual(new[] { 1, 1 }, lines);
        _time.Advance(TimeSpan.FromMinutes(1));
        refusals.Add(ConnectionRefusalReason.Rate, Flood);
        CollectionAssert.AreEqual(new[] { 1, 1, 100 }, lines);
    }

    private static FakeConnection Enter(ConnectionLimiter guard, IPAddress address)
    {
        var connection = new FakeConnection(address);
        connection.Features.Set(guard.Accept(connection));
        return connection;
    }

    private ConnectionLimiter Guard(ConnectionLimits limits) => new(limits, Agent.Equals, (reason, address) => _refused.Add((reason, address)), _time);

    private sealed class FakeConnection(IPAddress address) : DefaultConnectionContext("test")
    {
        public bool IsAborted { get; private set; }

        public LimitedConnection? Guarded => Features.Get<LimitedConnection>();

        public override EndPoint? RemoteEndPoint { get; set; } = new IPEndPoint(address, 1);

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
