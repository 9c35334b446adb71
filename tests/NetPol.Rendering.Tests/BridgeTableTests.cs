using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Nftables;
using NetPol.Nftables.Tests;

namespace NetPol.Rendering.Tests;

/// <summary>The table of the bridge family in the kernel.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class BridgeTableTests
{
    private static readonly BridgedPort A = new("veth0a", ValueArray.Create([IpAddress.Parse("10.9.0.1"), IpAddress.Parse("fd09::1"), IpAddress.Parse("fe80::a")]), HasIngressPolicies: true);
    private static readonly BridgedPort B = new("veth0b", ValueArray.Create([IpAddress.Parse("10.9.0.2")]), HasIngressPolicies: false);

    [TestMethod]
    public void The_kernel_has_what_is_rendered_and_nft_lists_it()
    {
        var wanted = BridgeTable.Render([A, B], ["docker1"]);
        using var kernel = new KernelNamespace();
        using var bridges = kernel.OpenBridge();
        bridges.Commit(TableDiff.Between(null, wanted));
        Assert.AreEqual(wanted, bridges.Read(BridgeTable.TableName));
        Assert.IsTrue(TableDiff.Between(bridges.Read(BridgeTable.TableName), wanted).IsEmpty);
        Assert.Contains("\"veth0a\" . fd09::1", kernel.Nft("list table bridge netpol"));
        Assert.IsNull(kernel.Nftables.Read(BridgeTable.TableName), "the table of the family inet is another one");
    }

    [TestMethod]
    public void The_order_of_ports_does_not_matter_and_a_pod_that_comes_or_goes_changes_elements_alone()
    {
        Assert.AreEqual(BridgeTable.Render([A, B], ["x", "y"]), BridgeTable.Render([B, A], ["y", "x"]));
        var change = TableDiff.Between(BridgeTable.Render([A], []), BridgeTable.Render([A, B], ["docker1"]));
        Assert.IsTrue(change.Preparation.IsEmpty && change.Removal.IsEmpty);
        Assert.IsTrue(change.Effect.Operations.All(o => o is Operation.AddElements), change.ToString());
    }
}
