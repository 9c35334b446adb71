using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using NetPol.Agent.Network;
using NetPol.Agent.Tests.Conntrack;
using NetPol.Lab;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Conntrack;
using NetPol.Netlink.Routing;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Network;

/// <summary>
/// A pod that may send nothing sends a datagram to the VXLAN port of its node, and the node would forward what is inside, with any source. Needs no privilege in the pod.
/// VXLAN is the one tunnel that is tried with real packets; the kernel that runs the tests may lack the others.
/// </summary>
[TestClass, TestCategory("Kernel")]
public sealed class TunnelAttackTests
{
    private const ushort VxlanPort = 8472;
    private const ushort Port = 80;
    private const ushort ForgedPort = 5000;
    private const string Uplink = "core";
    private const string Tunnel = "flannel.1";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private static int _made;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void What_a_pod_sends_into_the_tunnel_of_its_node_does_not_come_out(bool v6)
    {
        using var lab = new TunnelLab(v6);
        foreach (var target in (string[])["b", "d", "ext"])
        {
            lab.Load(host => host with { TunnelPorts = [] });
            Assert.IsTrue(lab.Arrives(target), $"with the port open, the inner packet reaches {target}: the attack is real");
            lab.Load(host => host);
            var before = lab.Dropped();
            lab.Send(target);
            lab.Await($"the datagram for {target} is dropped", () => lab.Dropped() == before + 1);
            Assert.IsFalse(lab.HasArrived(target), target);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_forged_SYN_inside_begins_no_connection(bool v6)
    {
        using var lab = new TunnelLab(v6);
        // Without NetPol's rules nothing stops it: neither the port nor the source.
        lab.TrackWithoutRules();
        lab.KeepSilent();
        lab.SendSyn();
        lab.Await("the node tracks the forged connection", lab.TracksForged);
        lab.Load(host => host);
        lab.Forget();
        var before = lab.Dropped();
        lab.SendSyn();
        lab.Await("the datagram is dropped", () => lab.Dropped() == before + 1);
        Assert.IsFalse(lab.TracksForged());
    }

    [TestMethod]
    public void The_agent_finds_the_uplink_the_tunnel_and_its_port()
    {
        using var lab = new TunnelLab(v6: false);
        var (network, host) = lab.Read();
        Assert.AreEqual($"{Uplink} {Tunnel}", string.Join(' ', HostNetworkBuilder.Summarize(network, host).Uplinks));
        Assert.AreEqual($"udp/{VxlanPort}", string.Join(' ', HostNetworkBuilder.Summarize(network, host).Tunnels));
    }

    /// <summary>A node with a VXLAN device and the pods a and b, another node with the pod d, and a host outside.</summary>
    private sealed class TunnelLab : IDisposable
    {
        private readonly bool _v6;
        private readonly LabNetwork _network;
        private readonly KernelNftables _nftables;
        private readonly PhysicalAddress _tunnel;
        private readonly Dictionary<string, Socket> _receivers = [];

        public TunnelLab(bool v6)
        {
            TestRequirements.Kernel();
            _v6 = v6;
            _network = LabNetwork.Create(
                new([new("n1", [Address("n1")]), new("n2", [Address("n2")]), new("ext", [Address("ext")])], [Pod("a", "n1"), Pod("b", "n1"), Pod("d", "n2")], []),
                $"tun{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
            _nftables = Node.Run(KernelNftables.Open);
            _tunnel = Node.Run(() =>
            {
                // As flannel makes it. Without a local address the kernel receives by IPv4 alone.
                LabCommands.Ip($"link add {Tunnel} type vxlan id 1 dstport {VxlanPort} nolearning {(v6 ? $"local {Address("n1")}" : "")}");
                LabCommands.Ip($"link set {Tunnel} up");
                using var routes = RouteSocket.Open();
                return routes.GetLink(Tunnel).Address;
            });
            foreach (var target in (string[])["b", "d", "ext"])
                _receivers[target] = Receiver(target);
        }

        private LabNode Node => _network.Node("n1");

        /// <summary>What the agent makes of the node's network.</summary>
        public (NodeNetwork Network, HostNetwork Host) Read() => Node.Run(() =>
        {
            using var kernel = KernelNetworkReader.Open();
            var network = kernel.Read();
            return (network, HostNetworkBuilder.Build(network, Rules()));
        });

        public void Load(Func<HostNetwork, HostNetwork> change) =>
            _nftables.Commit(TableDiff.Between(_nftables.Read(Renderer.TableName), Renderer.Render(Rules(), null, change(Read().Host))));

        /// <summary>Has the kernel track connections, as it does on a node with kube-proxy.</summary>
        public void TrackWithoutRules() => Node.Run(() => LabCommands.Nft("table inet track { chain forward { type filter hook forward priority 0; ct state new accept; }; }"));

        /// <summary>Pod a answers no SYN with a reset, which would end the forged connection. An attacker without privileges listens with a socket filter that drops everything.</summary>
        public void KeepSilent() => _network.RunInPod("a", () =>
        {
            LabCommands.Nft("table inet silent { chain output { type filter hook output priority 0; tcp flags & rst == rst drop; }; }");
            return true;
        });

        public bool Arrives(string target)
        {
            Send(target);
            var socket = _receivers[target];
            return socket.Poll(Timeout, SelectMode.SelectRead) && socket.Receive(new byte[64]) > 0;
        }

        public bool HasArrived(string target) => _receivers[target].Available > 0;

        /// <summary>A datagram to the node, in which one is to the target from an address that no pod of the node has.</summary>
        public void Send(string target) => SendInside(Ip(ProtocolType.Udp, Address("elsewhere"), Address(target), UdpHeader()));

        /// <summary>A datagram to the node, in which b begins a connection to a.</summary>
        public void SendSyn() => SendInside(Ip(ProtocolType.Tcp, Address("b"), Address("a"), SynHeader()));

        public ulong Dropped() => _nftables.ReadCounters(Renderer.TableName).Single(c => string.Equals(c.Name, "tunneled", StringComparison.Ordinal)).Packets;

        public bool TracksForged() => Node.Run(() =>
        {
            var isTracked = false;
            using var tracking = ConntrackSocket.Open();
            tracking.ReadAll(entry => isTracked |= entry.Original.Source.Equals(Address("b")) && entry.Original.Destination.Equals(Address("a")));
            return isTracked;
        });

        public void Forget() => Node.Run(() =>
        {
            using var tracking = ConntrackSocket.Open();
            tracking.DeleteAll();
        });

        public void Await(string what, Func<bool> isSo) => Assert.IsTrue(SpinWait.SpinUntil(isSo, Timeout), $"waited {Timeout.TotalSeconds} s until {what}");

        public void Dispose()
        {
            foreach (var socket in _receivers.Values)
                socket.Dispose();
            _nftables.Dispose();
            _network.Dispose();
        }

        /// <summary>Pod a may send nothing.</summary>
        private NodeRuleSet Rules()
        {
            var deny = Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, new(PolicyKind.ClusterNetworkPolicy, "", "no"), 0, null, []);
            var closed = new PortPolicy([], deny.Id);
            return NodeRuleSet.CreateEmpty("n1") with
            {
                Decisions = [deny],
                PortPolicies = [closed],
                PodEgress = EnforcementRules.Empty with { Defaults = [new(IpAddress.FromBytes(Address("a").GetAddressBytes()), closed.Id)] },
            };
        }

        private LabPodSpec Pod(string name, string node) => new(name, node, [Address(name)], []);

        private IPAddress Address(string name)
        {
            var (v4, v6) = name switch
            {
                "n1" => ("192.168.7.1", "fd07::1"),
                "n2" => ("192.168.7.2", "fd07::2"),
                "a" => ("10.1.0.1", "fd10::1"),
                "b" => ("10.1.0.2", "fd10::2"),
                "d" => ("10.2.0.1", "fd10:2::1"),
                "ext" => ("203.0.113.9", "2001:db8::9"),
                "elsewhere" => ("198.51.100.7", "2001:db8:7::7"),
                _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
            };
            return IPAddress.Parse(_v6 ? v6 : v4);
        }

        private Socket Receiver(string target)
        {
            var socket = target == "ext" ? _network.Node(target).Run(Open) : _network.RunInPod(target, Open);
            socket.Bind(new IPEndPoint(Address(target), Port));
            return socket;
        }

        private Socket Open() => new(_v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        private void SendInside(byte[] packet)
        {
            // RFC 7348: flags with the bit for a valid network identifier, reserved, identifier 1, reserved; then an Ethernet frame.
            byte[] source = [2, 0, 0, 0, 9, 9];
            byte[] type = _v6 ? [0x86, 0xdd] : [0x08, 0x00];
            byte[] datagram = [8, 0, 0, 0, 0, 0, 1, 0, .. _tunnel.GetAddressBytes(), .. source, .. type, .. packet];
            using var socket = _network.RunInPod("a", Open);
            socket.SendTo(datagram, new IPEndPoint(Address("n1"), VxlanPort));
        }

        /// <summary>RFC 791 and RFC 8200, with the checksums of RFC 768 and RFC 9293.</summary>
        private byte[] Ip(ProtocolType protocol, IPAddress from, IPAddress to, byte[] payload)
        {
            byte[] addresses = [.. from.GetAddressBytes(), .. to.GetAddressBytes()];
            byte[] pseudo = [.. addresses, 0, 0, 0, (byte)payload.Length, 0, 0, 0, (byte)protocol, .. payload];
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(protocol == ProtocolType.Udp ? 6 : 16), Checksum(pseudo));
            if (_v6)
                return [0x60, 0, 0, 0, 0, (byte)payload.Length, (byte)protocol, 64, .. addresses, .. payload];
            byte[] header = [0x45, 0, 0, (byte)(20 + payload.Length), 0, 0, 0, 0, 64, (byte)protocol, 0, 0, .. addresses];
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Checksum(header));
            return [.. header, .. payload];
        }

        private static byte[] UdpHeader()
        {
            byte[] header = [0x9c, 0x40, 0, 0, 0, 12, 0, 0, 1, 2, 3, 4];
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), Port);
            return header;
        }

        private static byte[] SynHeader()
        {
            byte[] header = [0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), ForgedPort);
            return header;
        }

        private static ushort Checksum(byte[] bytes)
        {
            var sum = 0u;
            for (var i = 0; i < bytes.Length; i += 2)
                sum += (uint)((bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
            while (sum >> 16 != 0)
                sum = (sum & 0xffff) + (sum >> 16);
            return (ushort)~sum;
        }
    }
}
