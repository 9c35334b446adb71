using k8s;
using NetPol.Model.Net;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>What an agent reports of its node's addresses, on its way to all replicas and into the rules of every node.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class NodeAddressReportTests
{
    private const string Space = "netpol-system";
    private static readonly SharedTestController Started = new(TestController.StartAsync);
    private static readonly IpAddress Bridge = IpAddress.Parse("10.244.1.1");
    private static readonly IpAddress Other = IpAddress.Parse("10.244.1.2");

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    [TestMethod]
    public async Task Every_replica_knows_what_an_agent_reports_and_keeps_it_when_the_agent_leaves()
    {
        var host = await Started.Value;
        await using var replica = await host.StartReplicaAsync("other");
        await using (var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities))
        {
            node.Addresses.Update([Bridge]);
            await node.StartAsync();
            await node.UntilAsync("the own node knows the address", () => node.Rules is { } rules && rules.NodeAddresses.Contains(Bridge));
            await KnownAsync(host, "n2", Bridge, isKnown: true);
            node.Addresses.Update([Other]);
            await node.UntilAsync("the own node knows the other address", () => node.Rules is { } rules && rules.NodeAddresses.Contains(Other));
            await KnownAsync(host, "n2", Bridge, isKnown: false);
        }
        await host.Reported.ExchangeAsync(CancellationToken.None);
        Assert.AreEqual("10.244.1.2", (await host.Client.CoreV1.ReadNamespacedConfigMapAsync(NodeAddressReports.ConfigMapName, Space)).Data["n1"]);
        await replica.Reported.ExchangeAsync(CancellationToken.None);
        await KnownAsync(replica, "n2", Other, isKnown: true);
        await KnownAsync(host, "n2", Other, isKnown: true);
    }

    private static async Task KnownAsync(TestController host, string node, IpAddress address, bool isKnown)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var current = host.Store.Find(node)!.Current;
            if (current.Rules.AllNodeAddresses.Contains(address) == isKnown)
                return;
            try
            {
                await host.Store.Find(node)!.WaitForVersionAfterAsync(current.Version).WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"waited a minute until {node} {(isKnown ? "knows" : "does not know")} {address}; it knows {current.Rules.AllNodeAddresses}");
            }
        }
    }
}
