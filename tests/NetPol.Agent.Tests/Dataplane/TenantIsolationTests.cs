using System.Net;
using System.Net.Sockets;
using NetPol.Agent.Tests.Conntrack;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Agent.Tests.Dataplane;

/// <summary>One tenant's small policies multiply into a large change, while real packets of other tenants are evaluated.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class TenantIsolationTests
{
    private const string Node = "one";

    [TestMethod]
    [DataRow(40, 10)]
    [DataRow(80, 14)]
    public async Task Packets_of_other_tenants_are_evaluated_right_while_a_large_change_is_committed_in_slices(int pods, int policies)
    {
        await using var lab = new ConntrackLab();
        var cluster = new Cluster(pods, policies);
        lab.Apply(cluster.Rules(hasMany: false, isOpen: false));
        using var probe = new Probe(lab);
        foreach (var (hasMany, isOpen) in new[] { (true, false), (true, true), (false, true), (false, false) })
        {
            var rules = cluster.Rules(hasMany, isOpen);
            var isChanging = isOpen != cluster.WasOpen;
            var applying = Task.Run(() => lab.Apply(rules));
            do
                probe.AssertVerdicts(mayClient: isChanging ? null : isOpen);
            while (!applying.IsCompleted);
            await applying;
            cluster.WasOpen = isOpen;
            probe.AssertVerdicts(mayClient: isOpen);
        }
    }

    /// <summary>A shop whose server takes datagrams from one pod, or from two, and a tenant with many policies.</summary>
    private sealed class Cluster(int pods, int policies)
    {
        private const string Tenant = "many";

        /// <summary>Whether the rules before let the client through.</summary>
        public bool WasOpen { get; set; }

        public NodeRuleSet Rules(bool hasMany, bool isOpen)
        {
            var random = new Random(7);
            Pod[] shop = [Shop(ConntrackLab.Client, "client"), Shop(ConntrackLab.Server, "server"), Shop(ConntrackLab.Other, "other")];
            var many = Enumerable.Range(0, pods).Select(i => new Pod(
                new(Tenant, $"p{i}"), Labels(string.Join(',', Enumerable.Range(0, policies).Where(_ => random.Next(2) == 0).Select(label => $"b{label}=1"))), Node,
                [new(IpFamily.V4, 0x0A020001u + (uint)i)], [])).ToList();
            List<Policy> all = [NetworkPolicy("shop/server", "app=server", [Allow(PodsIn("shop", isOpen ? "app in (other;client)" : "app=other"), $"{ConntrackLab.Port}/UDP")])];
            if (hasMany)
                all.AddRange(Enumerable.Range(0, policies).Select(label => NetworkPolicy($"{Tenant}/n{label}", $"b{label}=1", [Allow(PodsIn(Tenant, $"b{label}=1"), $"{1000 + label}/TCP")])));
            return PolicyCompiler.CompileNode(
                ClusterSnapshot.Create([Space("shop"), Space(Tenant)], [.. shop, .. many], [new(Node, Labels(""), [IpAddress.Parse(ConntrackLab.Node)])], all), Node);
        }

        private static Namespace Space(string name) => new(name, Labels($"kubernetes.io/metadata.name={name}"));

        private static Pod Shop(string address, string app) => new(new("shop", app), Labels($"app={app}"), Node, [IpAddress.Parse(address)], []);
    }

    /// <summary>New flows of datagrams from two pods to the server.</summary>
    private sealed class Probe : IDisposable
    {
        /// <summary>A packet that is evaluated during a commit may be dropped, and its sender sends it again.</summary>
        private const int Tries = 5;

        private static readonly IPEndPoint Server = new(IPAddress.Parse(ConntrackLab.Server), ConntrackLab.Port);

        private readonly ConntrackLab _lab;
        private readonly Socket _server;

        public Probe(ConntrackLab lab)
        {
            _lab = lab;
            _server = lab.Inside(ConntrackLab.Server)(() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            _server.Bind(Server);
        }

        /// <param name="mayClient">Whether the client's flows pass; null while that changes.</param>
        public void AssertVerdicts(bool? mayClient)
        {
            Assert.IsTrue(Passes(ConntrackLab.Other), "what is allowed before and after is dropped");
            if (mayClient == false)
                Assert.IsFalse(Passes(ConntrackLab.Client, tries: 1), "what is denied before and after passes");
            else if (mayClient == true)
                Assert.IsTrue(Passes(ConntrackLab.Client), "what is allowed before and after is dropped");
        }

        public void Dispose() => _server.Dispose();

        /// <summary>On the lab's lines a packet that is let through has arrived when the call that sent it returns.</summary>
        private bool Passes(string from, int tries = Tries)
        {
            for (var i = 0; i < tries; i++)
            {
                using var socket = _lab.Inside(from)(() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
                socket.SendTo([1], Server);
                if (!_server.Poll(TimeSpan.FromMilliseconds(i * 50), SelectMode.SelectRead))
                    continue;
                EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
                _server.ReceiveFrom(new byte[8], ref sender);
                if (((IPEndPoint)sender).Address.Equals(IPAddress.Parse(from)))
                    return true;
            }
            return false;
        }
    }
}
