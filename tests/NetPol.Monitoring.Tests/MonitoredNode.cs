using System.Net;
using System.Net.Sockets;
using NetPol.Compiler;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Security;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Kubernetes.Manifests;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Protocol.Wire;
using NetPol.Rendering;
using NetPol.Testing.Infrastructure;

namespace NetPol.Monitoring.Tests;

/// <summary>A node of a lab with two pods, the real agent on it, and a controller that sends it what a test specifies.</summary>
internal sealed class MonitoredNode : IAsyncDisposable
{
    public const int MetricsPort = 9446;
    private const int HealthPort = 9445;

    private const string Name = "n1";
    private const string Web = "shop/web", Db = "shop/db";
    private static readonly IPAddress DbAddress = IPAddress.Parse("10.80.0.2");
    private static readonly IPAddress DbAddress6 = IPAddress.Parse("fd80::2");
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(30);
    private static int _made;

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-monitored-").FullName;
    private readonly LabNetwork _lab;
    private readonly ScriptedController _controller;
    private readonly KernelNftables _kernel;
    private NamespaceProcess? _agent;
    private ScriptedController.Stream? _stream;
    private NodeRuleSet _rules = NodeRuleSet.CreateEmpty(Name);
    private ulong _generation;
    private ulong _base;
    private bool _isControllerStopped;

    private MonitoredNode(LabNetwork lab, ScriptedController controller)
    {
        (_lab, _controller, _kernel) = (lab, controller, lab.Node(Name).Run(KernelNftables.Open));
        Http = new(new SocketsHttpHandler { ConnectCallback = ConnectAsync });
    }

    public string NamespaceName => _lab.Node(Name).NamespaceName;

    /// <summary>Asks from inside the node.</summary>
    public HttpClient Http { get; }

    public static async Task<MonitoredNode> StartAsync()
    {
        TestRequirements.Kernel();
        var lab = LabNetwork.Create(
            new(
                [new(Name, [IPAddress.Parse("192.168.80.1"), IPAddress.Parse("fd81::1")])],
                [new(Web, Name, [IPAddress.Parse("10.80.0.1"), IPAddress.Parse("fd80::1")], []), new(Db, Name, [DbAddress, DbAddress6], [])],
                []),
            $"m{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        return new(lab, await ScriptedController.StartAsync(() => Open(lab)));
    }

    /// <summary>A TCP socket of the node.</summary>
    public Socket OpenSocket() => Open(_lab);

    /// <summary>Starts the agent, and sends it all rules.</summary>
    public async Task StartAgentAsync(string policies, IReadOnlyDictionary<string, string>? environment = null, params string[] flags)
    {
        await LaunchAgentAsync(_controller.Authorities, environment, flags);
        _stream = await NextStreamAsync();
        (_rules, _generation, _base) = (NodeRuleSet.CreateEmpty(Name), 0, 0);
        await ApplyAsync(policies);
    }

    /// <summary>Starts the agent with an authority that no controller has: it finds a controller and follows none.</summary>
    public Task StartLonelyAgentAsync() => LaunchAgentAsync(CertificatePem.Bundle(CertificateRenewal.Renew(null, new ControllerOptions().TlsName, DateTimeOffset.UtcNow)), null);

    private async Task LaunchAgentAsync(string authorities, IReadOnlyDictionary<string, string>? environment, params string[] flags)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "token"), "token");
        await File.WriteAllTextAsync(Path.Combine(_folder, "ca.crt"), authorities);
        // The one that build/publish made, where it is named.
        string[] program = Environment.GetEnvironmentVariable("NETPOL_AGENT") is { } published ? [published] : ["dotnet", Path.Combine(AppContext.BaseDirectory, "netpol-agent.dll")];
        _agent = new(
            NamespaceName,
            [
                .. program, "--node", Name, "--controller", $"127.0.0.1:{_controller.Port}", "--token-file", Path.Combine(_folder, "token"),
                "--ca-file", Path.Combine(_folder, "ca.crt"), "--metrics-port", $"{MetricsPort}", "--log-format", "text", .. flags,
            ],
            environment);
    }

    /// <summary>Waits until <c>/readyz</c> answers so: status and text.</summary>
    public Task ReadyzAsync(HttpStatusCode status, string text) => TaskTimeouts.PollAsync(
        $"/readyz to answer {(int)status} {text}",
        async () =>
        {
            try
            {
                using var answer = await Http.GetAsync($"http://127.0.0.1:{HealthPort}/readyz");
                return $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
                Assert.IsFalse(_agent!.HasEnded, _agent.Output);
                return null;
            }
        },
        answer => answer.StartsWith($"{(int)status} {text}", StringComparison.Ordinal));

    /// <summary>Waits until the agent has logged this.</summary>
    public Task LoggedAsync(string text) => TaskTimeouts.PollAsync($"the agent to log \"{text}\"", () => Task.FromResult<string?>(_agent!.Output), output => output.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits until the agent exports these values of metrics that have no labels of their own; it answers from what it read moments before.</summary>
    public Task MetricsAsync(params (string Name, string Value)[] expected) => TaskTimeouts.PollAsync(
        $"the metrics {string.Join(", ", expected)}",
        async () => await Http.GetStringAsync($"http://127.0.0.1:{MetricsPort}/metrics"),
        text => Array.TrueForAll(expected, e => text.Split('\n').Any(
            l => (l.StartsWith($"{e.Name}{{", StringComparison.Ordinal) || l.StartsWith($"{e.Name} ", StringComparison.Ordinal)) && string.Equals(l.Split(' ')[1], e.Value, StringComparison.Ordinal))));

    /// <summary>Sends a difference that does not fit what the agent has.</summary>
    public async Task SendRefusedAsync()
    {
        var other = _rules with { NodeAddresses = [.. _rules.NodeAddresses, new(NetPol.Model.Net.IpFamily.V4, 1)] };
        await _stream!.SendAsync(_generation + 1, _generation, NodeRuleSetDelta.Between(other, _rules));
        Assert.AreEqual(Ack.Types.Result.Failed, (await _stream.AckAsync())?.Result);
        // What follows is sent whole.
        (_rules, _generation, _base) = (NodeRuleSet.CreateEmpty(Name), _generation + 1, 0);
    }

    /// <summary>Every controller goes away.</summary>
    public async Task StopControllerAsync()
    {
        if (!_isControllerStopped)
            await _controller.DisposeAsync();
        _isControllerStopped = true;
    }

    /// <summary>Kills the agent. What it enforces stays, and goes on counting.</summary>
    public async Task KillAgentAsync()
    {
        _stream!.End();
        await _agent!.DisposeAsync();
        _agent = null;
    }

    /// <summary>Sends the agent the rules of these policies alone; returns when they are programmed.</summary>
    public async Task ApplyAsync(string policies)
    {
        var rules = PolicyCompiler.CompileNode(Cluster(policies), Name);
        await _stream!.SendAsync(_generation + 1, _base, NodeRuleSetDelta.Between(_rules, rules), DateTimeOffset.UtcNow);
        var ack = await _stream.AckAsync();
        Assert.AreEqual(Ack.Types.Result.Applied, ack?.Result, ack?.Error ?? _agent!.Output);
        (_rules, _generation, _base) = (rules, _generation + 1, _generation + 1);
    }

    /// <summary>Waits until no counter is left of a decision that is not programmed.</summary>
    public Task FoldedAsync() => TaskTimeouts.PollAsync(
        "counters to be folded",
        () => Task.FromResult<IReadOnlyList<CounterValue>?>(_kernel.ReadCounters(Renderer.TableName)),
        counters => counters.Count(c => c.Name.StartsWith("decision-", StringComparison.Ordinal)) == _rules.Decisions.Count);

    /// <summary>So many connections from web to db over UDP: each is one packet from a port of its own.</summary>
    public void Send(int connections, int port)
    {
        var sockets = _lab.RunInPod(Web, () => Enumerable.Range(0, connections).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)).ToList());
        foreach (var socket in sockets)
            socket.SendTo([1], new IPEndPoint(DbAddress, port));
        sockets.ForEach(s => s.Dispose());
    }

    /// <summary>
    /// Sends a packet from web to db at UDP port <paramref name="port"/>, then one at <paramref name="last"/>. Returns whether the first has arrived when the last has. The
    /// test fails if the last does not arrive.
    /// </summary>
    public bool Arrives(bool v6, int port, int last)
    {
        var (family, address) = v6 ? (AddressFamily.InterNetworkV6, DbAddress6) : (AddressFamily.InterNetwork, DbAddress);
        using Socket first = Receiver(port), sentinel = Receiver(last);
        using var sender = _lab.RunInPod(Web, () => new Socket(family, SocketType.Dgram, ProtocolType.Udp));
        sender.SendTo([1], new IPEndPoint(address, port));
        sender.SendTo([1], new IPEndPoint(address, last));
        Assert.IsTrue(sentinel.Poll(Arrival, SelectMode.SelectRead), $"no packet arrived at port {last} within {Arrival.TotalSeconds} s");
        return first.Available > 0;

        Socket Receiver(int at) => _lab.RunInPod(Db, () =>
        {
            var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, at));
            return socket;
        });
    }

    /// <summary>Somebody else on the node takes the table away.</summary>
    public void DeleteTable() => _kernel.Commit(new(Renderer.TableName, [new Nftables.Operation.DeleteTable()]));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_agent is not null)
            await _agent.DisposeAsync();
        await StopControllerAsync();
        _kernel.Dispose();
        _lab.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ClusterSnapshot Cluster(string policies) => ManifestLoader.Load(
        ["-"],
        new StringReader($$"""
            {apiVersion: v1, kind: Node, metadata: {name: {{Name}}}, status: {addresses: [{type: InternalIP, address: 192.168.80.1}]} }
            ---
            {apiVersion: v1, kind: Namespace, metadata: {name: shop} }
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web} }, spec: {nodeName: {{Name}}}, status: {podIPs: [{ip: 10.80.0.1}, {ip: "fd80::1"}]} }
            ---
            {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db} }, spec: {nodeName: {{Name}}}, status: {podIPs: [{ip: 10.80.0.2}, {ip: "fd80::2"}]} }
            {{policies}}
            """)).Snapshot;

    private static Socket Open(LabNetwork lab) => lab.Node(Name).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));

    private async Task<ScriptedController.Stream> NextStreamAsync()
    {
        var next = _controller.NextAsync();
        while (await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1))) != next)
            Assert.IsFalse(_agent!.HasEnded, _agent.Output);
        return await next;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = OpenSocket();
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
