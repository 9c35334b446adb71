using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.Bridges;
using NetPol.Agent.Counters;
using NetPol.Agent.Health;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Nftables.Fake;

namespace NetPol.Agent.Tests.Health;

/// <summary>What probes and scripts get from the loopback port, byte for byte.</summary>
[TestClass, TestCategory("Unit")]
public sealed class HealthEndpointsTests
{
    private const string NothingEnforced = "nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet";

    private static readonly DateTimeOffset Caused = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [TestMethod]
    public Task An_agent_without_rules_is_healthy_but_not_ready() => WithAsync(async (_, client) =>
    {
        Assert.AreEqual((HttpStatusCode.OK, "ok\n"), await GetAsync(client, "/healthz"));
        Assert.AreEqual((HttpStatusCode.ServiceUnavailable, $"{NothingEnforced}\n"), await GetAsync(client, "/readyz"));
        Assert.AreEqual(
            (HttpStatusCode.OK, """{"connected":false,"generation":null,"updates":0,"resyncs":0,"staleConnectionsRemoved":0,"error":null,"hostNetwork":{"uplinks":[],"tunnels":[],"error":"not read yet"},"programmingDelay":{"count":0,"p50":null,"p99":null,"max":null},"bridges":{"pods":0,"unknownPorts":0,"spoofedFrames":0,"error":null},"notReadyReason":"nothing is enforced on this node: table inet netpol is missing, and no rules of a controller are programmed yet"}"""),
            await GetAsync(client, "/state"));
    });

    [TestMethod]
    public Task The_first_rules_make_it_ready_and_delays_resyncs_and_removed_connections_are_counted() => WithAsync(async (state, client) =>
    {
        state.MarkConnected();
        state.MarkProgrammed(new(4, 0, null), Caused);
        state.MarkProgrammed(new(5, 4, Caused), Caused.AddMilliseconds(250));
        state.MarkProgrammed(new(6, 5, Caused), Caused.AddMilliseconds(1500));
        state.CountResync();
        state.CountStaleConnections(7);
        state.SetHostNetwork(new(["eth0"], ["udp/8472"], null));
        Assert.AreEqual((HttpStatusCode.OK, "ok\n"), await GetAsync(client, "/readyz"));
        Assert.AreEqual(
            (HttpStatusCode.OK, """{"connected":true,"generation":6,"updates":3,"resyncs":1,"staleConnectionsRemoved":7,"error":null,"hostNetwork":{"uplinks":["eth0"],"tunnels":["udp/8472"],"error":null},"programmingDelay":{"count":2,"p50":0.25,"p99":1.5,"max":1.5},"bridges":{"pods":0,"unknownPorts":0,"spoofedFrames":0,"error":null},"notReadyReason":null}"""),
            await GetAsync(client, "/state"));
    });

    [TestMethod]
    public Task An_error_is_reported_with_its_own_text() => WithAsync(async (state, client) =>
    {
        state.MarkDisconnected("can't reach <controller> & \"friends\" – yet");
        var (_, text) = await GetAsync(client, "/state");
        Assert.Contains("""
            "error":"can't reach <controller> & \"friends\" – yet",
            """.Trim(), text);
    });

    private static async Task WithAsync(Func<AgentStatus, HttpClient, Task> body)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new AgentOptions { Node = "n1", Controller = "" });
        builder.Services.AddSingleton(new CounterReader(new FakeNftables(), TimeProvider.System));
        builder.Services.AddSingleton<AgentStatus>();
        builder.Services.AddSingleton<BridgeCoverage>();
        builder.Services.AddSingleton<ReadinessCheck>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.UseRouting().UseEndpoints(HealthEndpoints.Map);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.Single()) };
        await body(app.Services.GetRequiredService<AgentStatus>(), client);
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
