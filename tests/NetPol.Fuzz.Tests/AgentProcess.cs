using System.Net;
using System.Net.Sockets;
using NetPol.Lab;
using NetPol.Testing.Infrastructure;

namespace NetPol.Fuzz.Tests;

/// <summary>The real agent in a memory cgroup and a network namespace of its own, connected to a controller outside it.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private static int _made;

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-fuzz-agent-").FullName;
    private readonly CancellationTokenSource _end = new();
    private readonly LabNetwork _lab;
    private readonly Socket _listener;
    private readonly Task _relay;

    /// <param name="controller">The controller that it connects to.</param>
    /// <param name="memory">The limit of the cgroup, in bytes. The managed heap may have half of it, as in the manifests.</param>
    public AgentProcess(ControllerProcess controller, long memory)
    {
        TestRequirements.Kernel();
        _lab = LabNetwork.Create(new([new(FuzzedCluster.Node, [IPAddress.Parse("192.0.2.1")])], [], []), $"fuzz{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        _listener = _lab.Node(FuzzedCluster.Node).Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            socket.Listen();
            return socket;
        });
        _relay = RelayAsync(controller.Port);
        File.WriteAllText(Path.Combine(_folder, "token"), controller.Cluster.IssueAgentToken());
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), controller.Authority);
        // ip netns exec hides the cgroup from the runtime, so the limit of the heap is in bytes.
        Process = new("agent", memory, heap: memory / 2, [
            "ip", "netns", "exec", _lab.Node(FuzzedCluster.Node).NamespaceName, .. LimitedProcess.Program("NETPOL_AGENT", "netpol-agent.dll"), "--node", FuzzedCluster.Node,
            "--controller", $"127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}", "--token-file", Path.Combine(_folder, "token"), "--ca-file", Path.Combine(_folder, "ca.crt"), "--log-format", "text"]);
    }

    public LimitedProcess Process { get; }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await _end.CancelAsync();
        await _relay;
        _listener.Dispose();
        _lab.Dispose();
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Connects each client of the listener to the port on this host.</summary>
    private async Task RelayAsync(int port)
    {
        var pairs = new List<Task>();
        try
        {
            while (true)
                pairs.Add(RelayAsync(await _listener.AcceptAsync(_end.Token), port));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(pairs);
        }
    }

    private async Task RelayAsync(Socket client, int port)
    {
        using (client)
        using (var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, port, _end.Token);
                await using NetworkStream near = new(client), far = new(server);
                await Task.WhenAny(near.CopyToAsync(far, _end.Token), far.CopyToAsync(near, _end.Token));
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
            {
                // One end has closed.
            }
        }
    }
}
