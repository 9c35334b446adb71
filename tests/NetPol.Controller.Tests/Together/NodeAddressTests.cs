using k8s;
using NetPol.Model;
using NetPol.Protocol.State;

namespace NetPol.Controller.Tests.Together;

/// <summary>What an agent reports of its node's addresses, on its way to all replicas and into the rules of every node.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class NodeAddressTests
{
    private const string Space = "netpol-system";
    private static readonly SharedHost Started = new(TestHost.StartAsync);
    private static readonly IpAddress Bridge = IpAddress.Parse("10.244.1.1");
    private static readonly IpAddress Other = IpAddress.Parse("10.244.1.2");

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    [TestMethod]
    public async Task Every_replica_knows_what_an_agent_reports_and_keeps_it_when_the_agent_leaves()
    {
        var host = await Started.Value;
        await using var replica = await host.StartReplicaAsync("other");
        await using (var node = new TestNode("n1", host.Port, await host.TokenAsync(), host.Authorities))
        {
            node.Addresses.Take([Bridge]);
            await node.StartAsync();
            await node.UntilAsync("the own node knows the address", () => node.Rules is { } rules && rules.NodeAddresses.Contains(Bridge));
            await KnownAsync(host, "n2", Bridge, isKnown: true);
            node.Addresses.Take([Other]);
            await node.UntilAsync("the own node knows the other address", () => node.Rules is { } rules && rules.NodeAddresses.Contains(Other));
            await KnownAsync(host, "n2", Bridge, isKnown: false);
        }
        await host.Reported.LookAsync(CancellationToken.None);
        Assert.AreEqual("10.244.1.2", (await host.Client.CoreV1.ReadNamespacedConfigMapAsync(NodeAddressReports.ConfigMapName, Space)).Data["n1"]);
        await replica.Reported.LookAsync(CancellationToken.None);
        await KnownAsync(replica, "n2", Other, isKnown: true);
        await KnownAsync(host, "n2", Other, isKnown: true);
    }

    private static async Task KnownAsync(TestHost host, string node, IpAddress address, bool isKnown)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var current = host.Book.Find(node)!.Current;
            if (current.Rules.AllNodeAddresses.Contains(address) == isKnown)
                return;
            try
            {
                await host.Book.Find(node)!.WhenAfter(current.Number).WaitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"waited a minute until {node} {(isKnown ? "knows" : "does not know")} {address}; it knows {current.Rules.AllNodeAddresses}");
            }
        }
    }
}
