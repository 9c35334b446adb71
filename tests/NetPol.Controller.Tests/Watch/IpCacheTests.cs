using NetPol.Controller.Watch;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;

namespace NetPol.Controller.Tests.Watch;

/// <summary>The cache names the pod that policies apply to at an address.</summary>
[TestClass, TestCategory("Unit")]
public sealed class IpCacheTests
{
    private static readonly IpAddress Address = IpAddress.Parse("10.0.0.3");

    [TestMethod]
    public void A_finished_pod_owns_its_address_until_a_live_pod_has_it()
    {
        var cache = new IpCache();
        var finished = new TestCluster().Pod("shop/done", "10.0.0.3", finished: true);
        cache.Apply(ClusterChanges.FromEmptyTo(finished.Snapshot));
        Assert.AreEqual(("shop/done", false), (cache.Find(Address)?.Pod?.ToString(), cache.IsPodAddress(Address)));

        cache.Apply(ClusterDifference.Between(finished.Snapshot, finished.Pod("shop/next", "10.0.0.3").Snapshot));

        Assert.AreEqual(("shop/next", true), (cache.Find(Address)?.Pod?.ToString(), cache.IsPodAddress(Address)));
    }

    [TestMethod]
    public void A_pod_on_the_hosts_network_owns_no_address()
    {
        var cache = new IpCache();
        cache.Apply(ClusterChanges.FromEmptyTo(new TestCluster().Node("node-1", "10.0.0.3").Pod("shop/proxy", "10.0.0.3", hostNetwork: true).Snapshot));

        Assert.AreEqual(("node-1", null), (cache.Find(Address)?.Node, cache.Find(Address)?.Pod?.ToString()));
    }
}
