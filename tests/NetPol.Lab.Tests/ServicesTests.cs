using NetPol.Compiler;
using static NetPol.Testing.Make;

namespace NetPol.Lab.Tests;

/// <summary>Policies see pods behind Services, whatever was dialled: beside the rules of kube-proxy in nftables mode.</summary>
[TestClass]
public sealed class ServicesTests
{
    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Connections_to_a_Service_are_judged_as_those_to_its_pod(bool v6)
    {
        var world = new ServiceWorld(v6);
        using var lab = Create(world);
        lab.Load(PolicyCompiler.Compile(world.Snapshot()));
        ServiceWorld.AssertWays(
            lab, TestContext.CancellationToken,
            ("a friend beside it", world.Friend, world.Service, 80, true),
            ("a friend on the other node", world.FarFriend, world.Service, 80, true),
            ("a stranger", world.Stranger, world.Service, 80, false),
            ("the server itself", world.Server, world.Service, 80, true),
            ("its own node", world.Node, world.Service, 80, true),
            ("the other node", world.OtherNode, world.Service, 80, false),
            ("the host that it lets in, by the node's port", world.Guest, world.Node, KubeProxy.NodePort, true),
            ("another host, by the node's port", world.Burglar, world.Node, KubeProxy.NodePort, false));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_pod_by_its_own_Service_is_subject_to_Admin(bool v6)
    {
        var world = new ServiceWorld(v6);
        using var lab = Create(world);
        lab.Load(PolicyCompiler.Compile(world.Snapshot(Admin("alone", 1, InNamespaces(pods: "role=server"), ingress: [Deny(Pods(pods: "role=server"))]))));
        ServiceWorld.AssertWays(
            lab, TestContext.CancellationToken,
            ("the server itself", world.Server, world.Service, 80, false),
            ("a friend beside it", world.Friend, world.Service, 80, true));
    }

    private static PolicyLab Create(ServiceWorld world)
    {
        var lab = PolicyLab.Create(world.Snapshot(), world.Others);
        foreach (var node in (string[])["n1", "n2"])
            Labs.Nft(lab.Node(node), world.Proxy.Rules);
        return lab;
    }
}
