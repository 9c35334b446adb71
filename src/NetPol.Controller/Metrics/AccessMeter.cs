using System.Diagnostics.Metrics;
using NetPol.Hosting;

namespace NetPol.Controller.Metrics;

/// <summary>Measures what callers cost who have not proved who they are. Safe for any thread.</summary>
internal sealed class AccessMeter
{
    private readonly Meter _meter;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _reviews;
    private readonly Counter<long> _tokens;

    public AccessMeter(IMeterFactory meters)
    {
        _meter = meters.Create(WorkMeter.MeterName);
        _connections = _meter.CreateCounter<long>("netpol.controller.access.connections.refused", "{connection}", "Connections refused or closed before their callers proved who they are, by reason");
        _requests = _meter.CreateCounter<long>("netpol.controller.access.requests.refused", "{request}", "Requests refused before their bodies were read, by status");
        _reviews = _meter.CreateCounter<long>("netpol.controller.token.reviews", "{review}", "Tokens that the API server was asked about");
        _tokens = _meter.CreateCounter<long>("netpol.controller.token.refused", "{token}", "Tokens refused without a question to the API server");
        // That something never happened is told from the start.
        foreach (var reason in Enum.GetValues<ConnectionRefusal>())
            _connections.Add(0, Label(reason));
        _reviews.Add(0);
        _tokens.Add(0);
    }

    public void Refused(ConnectionRefusal reason) => _connections.Add(1, Label(reason));

    public void Refused(string status) => _requests.Add(1, new KeyValuePair<string, object?>("status", status));

    public void Reviewed() => _reviews.Add(1);

    public void TokenRefused() => _tokens.Add(1);

    /// <summary>Measures what can be asked at any time.</summary>
    /// <param name="connections">Open connections whose callers have proved who they are, and others.</param>
    /// <param name="waiting">Questions about tokens that wait for their turn.</param>
    public void Observe(Func<(int Proven, int Unproven)> connections, Func<int> waiting)
    {
        _meter.CreateObservableGauge(
            "netpol.controller.access.connections",
            () =>
            {
                var (proven, unproven) = connections();
                return (Measurement<int>[])[new(proven, State("proven")), new(unproven, State("unproven"))];
            },
            "{connection}", "Open connections by whether their callers have proved who they are");
        _meter.CreateObservableGauge("netpol.controller.token.reviews.waiting", waiting, "{review}", "Questions about tokens that wait for their turn");
    }

    private static KeyValuePair<string, object?> State(string state) => new("state", state);

    private static KeyValuePair<string, object?> Label(ConnectionRefusal reason) => new("reason", reason.ToString().ToLowerInvariant());
}
