using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Conntrack;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Status;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Lab;
using NetPol.Model.RuleSets;
using NetPol.Netlink.Conntrack;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>A node with three pods, a Service, and an agent that evaluates established connections; only the stream is missing.</summary>
internal sealed class ConntrackLab : IAsyncDisposable
{
    public const string Client = "10.1.0.1";
    public const string Server = "10.1.0.2";
    public const string Other = "10.1.0.3";
    public const string Node = "192.168.7.1";
    public const string Service = "10.96.0.1";
    public const ushort Port = 7000;
    public const ushort AnnouncedPort = 7001;

    private const string ServiceRules = """
        table inet services {
          chain prerouting {
            type nat hook prerouting priority dstnat;
            ip daddr 10.96.0.1 dnat ip to 10.1.0.2
            ip6 daddr fd96::1 dnat ip6 to fd10::2
          }
        }
        """;

    private const string FtpHelper = """
        table inet helpers {
          ct helper ftp { type "ftp" protocol tcp; }
          chain prerouting {
            type filter hook prerouting priority filter;
            tcp dport 7000 ct helper set "ftp"
          }
        }
        """;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static int _made;

    private readonly LabNetwork _network;
    private readonly KernelNftables _nftables;
    private readonly ConntrackTable _connections;
    private readonly LineLog<ConntrackCleaner> _log = new();
    private readonly NftablesDataplane _dataplane;
    private readonly ConntrackCleaner _cleaner;
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty("one");
    private ulong _generation;

    /// <param name="isTracking">Whether the kernel tracks connections before there are rules: a Service makes it do so.</param>
    /// <param name="hasRules">Whether the node has rules from the start; they deny nothing.</param>
    /// <param name="time">The cleaner's clock; null for the system's.</param>
    public ConntrackLab(bool isTracking = true, bool hasRules = true, TimeProvider? time = null)
    {
        TestRequirements.Kernel();
        _network = LabNetwork.Create(
            new([new("one", Both(Node))], [.. new[] { Client, Server, Other }.Select(address => new LabPodSpec($"shop/{address}", "one", Both(address), []))], []),
            $"ct{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        var node = _network.Nodes[0];
        if (isTracking)
            node.Run(() => LabCommands.Nft(ServiceRules));
        _nftables = node.Run(KernelNftables.Open);
        _connections = node.Run(() => ConntrackTable.Open(_nftables));
        var affectedEndpoints = new AffectedEndpointQueue();
        _dataplane = new("one", _nftables, State, TimeProvider.System, NullLogger.Instance, [affectedEndpoints]);
        _cleaner = new(_dataplane, _connections, affectedEndpoints, State, time ?? TimeProvider.System, _log);
        if (hasRules)
            Apply(_rules);
    }

    public AgentStatus State { get; } = TestAgentStatus.New();

    /// <summary>The same inhabitant's address of the other family: <c>fd10::2</c> of <c>10.1.0.2</c>.</summary>
    public static string V6(string address) => address switch
    {
        Node => "fd07::1",
        Service => "fd96::1",
        _ => address.Replace("10.1.0.", "fd10::", StringComparison.Ordinal),
    };

    public Task StartAsync() => _cleaner.StartAsync(CancellationToken.None);

    /// <summary>Programs rules, as the stream does.</summary>
    public void Apply(NodeRuleSet rules)
    {
        _dataplane.Apply(new(_generation + 1, _generation, null), NodeRuleSetDelta.Between(_rules, rules));
        (_rules, _generation) = (rules, _generation + 1);
    }

    /// <summary>Waits until the cleaner has removed connections again.</summary>
    public async Task WaitForRemovalAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await _log.NextAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"waited {Timeout.TotalSeconds} s until connections are removed; the kernel tracks:\n{string.Join('\n', Tracked().Select(entry => $"{entry.Original}, back {entry.Reply}"))}");
        }
        Assert.StartsWith("Information ", _log.Lines.Last());
    }

    /// <summary>Waits until this number of connections has been removed in all.</summary>
    public Task WaitForRemovalAsync(long inAll) => _log.UntilAsync($"{inAll} connections are removed", () => State.CreateReport().StaleConnectionsRemoved == inAll);

    /// <summary>The elements of a set that time out, as nft lists them.</summary>
    public IReadOnlyList<string> Leaving(string set) => _network.Nodes[0].Run(() => LabCommands.NftList(set))
        .Split([',', '{'], StringSplitOptions.TrimEntries).Where(e => e.Contains(" expires ", StringComparison.Ordinal)).ToList();

    /// <summary>Adds the flows of connections that do not exist, as if they had been removed.</summary>
    public void AddStaleFlows(IReadOnlyCollection<ConntrackEntry> connections)
    {
        using var kernel = _network.Nodes[0].Run(() => ConntrackTable.Open(_nftables));
        kernel.Remove([.. connections.Select(c => new StaleConnection(c, IsReversed: false))]);
    }

    /// <summary>Sends a packet from a pod by which another pod seems to begin a connection, and leaves it unanswered.</summary>
    public void Forge(string sender, IPEndPoint from, IPEndPoint to, ProtocolType protocol)
    {
        var receiver = PodOf(to.Address);
        _network.RunInPod(receiver, () => LabCommands.Nft($$"""
            table inet quiet {
              chain silence {
                type filter hook input priority filter;
                th dport {{to.Port}} drop
              }
            }
            """));
        using (var socket = Inside(sender)(() => new(from.AddressFamily, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol) { Blocking = false }))
        {
            // IP_TRANSPARENT of linux/in.h and IPV6_TRANSPARENT of linux/in6.h: the address need not be the pod's.
            var (level, transparent) = from.AddressFamily == AddressFamily.InterNetwork ? (0, 19) : (41, 75);
            socket.SetRawSocketOption(level, transparent, BitConverter.GetBytes(1));
            socket.Bind(from);
            if (protocol == ProtocolType.Tcp)
                Assert.ThrowsExactly<SocketException>(() => socket.Connect(to), "an answer arrived");
            else
                socket.SendTo([1], to);
        }
        _network.RunInPod(receiver, () => LabCommands.Nft("delete table inet quiet"));
        Assert.IsTrue(Tracked().Exists(e => e.Original.Source.Equals(from.Address) && e.Original.SourcePort == from.Port), "the kernel tracks what the forged packet seems to begin");
    }

    /// <summary>Opens connections that only the far end's kernel answers, to the port of <see cref="Port"/>.</summary>
    public List<Socket> ConnectMany(string from, string to, int count)
    {
        var listener = Inside(to)(() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Parse(to), Port));
        listener.Listen(count);
        List<Socket> all = [listener];
        for (var i = 0; i < count; i++)
        {
            var near = Inside(from)(() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            all.Add(near);
            near.Connect(new IPEndPoint(IPAddress.Parse(to), Port));
            all.Add(listener.Accept());
        }
        return all;
    }

    /// <summary>The number of dropped packets of removed connections.</summary>
    public ulong Stopped() => _nftables.ReadCounters(Renderer.TableName).Single(c => string.Equals(c.Name, "stale-flows", StringComparison.Ordinal)).Packets;

    /// <summary>Makes the kernel forget every connection.</summary>
    public void Forget() => _network.Nodes[0].Run(() =>
    {
        using var tracking = ConntrackSocket.Open();
        tracking.DeleteAll();
    });

    /// <summary>Makes the kernel forget one connection.</summary>
    public void Forget(ConntrackEntry connection) => _network.Nodes[0].Run(() =>
    {
        using var tracking = ConntrackSocket.Open();
        Assert.IsTrue(tracking.Delete(connection));
    });

    /// <summary>What the kernel tracks.</summary>
    public List<ConntrackEntry> Tracked()
    {
        List<ConntrackEntry> entries = [];
        _network.Nodes[0].Run(() =>
        {
            using var tracking = ConntrackSocket.Open();
            tracking.ReadAll(entries.Add);
        });
        return entries;
    }

    /// <summary>Returns all stale connections, and calls <paramref name="programmed"/> for the rules each time. The cleaner must not run.</summary>
    public List<StaleConnection> Stale(Func<NodeRuleSet> programmed) => Stale(programmed, all => all.AddAll());

    /// <summary>Returns the stale connections of affected endpoints. The cleaner must not run.</summary>
    public List<StaleConnection> Stale(Func<NodeRuleSet> programmed, Action<AffectedEndpoints> affectedEndpoint)
    {
        var affectedEndpoints = new AffectedEndpoints();
        affectedEndpoint(affectedEndpoints);
        return StaleConnectionFinder.Find(_connections, affectedEndpoints, programmed);
    }

    /// <summary>Has the kernel read the replies of FTP servers.</summary>
    public void ReadFtp() => _network.Nodes[0].Run(() => LabCommands.Nft(FtpHelper));

    /// <summary>A connection from one address to another, over the address that is dialled.</summary>
    public Conversation Connect(string from, string to, ProtocolType protocol, string? dialed = null, ushort port = Port, ushort nearPort = 0)
    {
        var (source, destination) = (IPAddress.Parse(from), IPAddress.Parse(to));
        return Conversation.Open(Inside(from), source, Inside(to), destination, IPAddress.Parse(dialed ?? to), port, protocol, nearPort);
    }

    public async ValueTask DisposeAsync()
    {
        await _cleaner.StopAsync(CancellationToken.None);
        _cleaner.Dispose();
        _connections.Dispose();
        _nftables.Dispose();
        _network.Dispose();
        _log.Dispose();
    }

    private string PodOf(IPAddress address) => _network.Topology.Pods.Single(p => p.Addresses.Contains(address)).Id;

    private static IPAddress[] Both(string address) => [IPAddress.Parse(address), IPAddress.Parse(V6(address))];

    /// <summary>Opens sockets where an address is at home.</summary>
    public Func<Func<Socket>, Socket> Inside(string address) => _network.Topology.Pods.FirstOrDefault(p => p.Addresses.Contains(IPAddress.Parse(address))) is { } pod
        ? open => _network.RunInPod(pod.Id, open)
        : open => _network.Nodes[0].Run(open);
}
