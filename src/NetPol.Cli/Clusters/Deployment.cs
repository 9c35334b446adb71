using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Client;
using NetPol.Protocol;
using NetPol.Protocol.Status;

namespace NetPol.Cli.Clusters;

/// <summary>A NetPol deployment in a cluster, accessed through the API server.</summary>
internal sealed class NetPolDeployment(KubernetesApi api, string place)
{
    /// <summary>The namespace that NetPol's own manifests use.</summary>
    public const string DefaultNamespace = "netpol-system";

    private const string ControllerLabel = "app.kubernetes.io/name=netpol-controller";
    private const string ServiceName = "netpol-controller";
    private const string ObserverAccount = "netpol-observer";
    private const string TokenAudience = "netpol";
    private const string AuthoritiesName = "netpol-ca";
    private const string AuthoritiesKey = "ca.crt";
    private const int StreamPort = 9443;
    private const int TokenSeconds = 24 * 60 * 60;

    /// <summary>Returns the report of each controller replica that published one, by name.</summary>
    public async Task<SortedDictionary<string, ReplicaReport>> ReportsAsync(CancellationToken cancel)
    {
        var map = await FindAsync(ReplicaReport.ConfigMapName, cancel);
        var reports = new SortedDictionary<string, ReplicaReport>(StringComparer.Ordinal);
        foreach (var (replica, text) in map.Data ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (ReplicaReport.Read(text) is { } report)
                reports[replica] = report;
        }
        return reports;
    }

    /// <summary>Returns the names of the cluster's nodes, in order.</summary>
    public async Task<IReadOnlyList<string>> NodesAsync(CancellationToken cancel) =>
        [.. (await api.Client.CoreV1.ListNodeAsync(cancellationToken: cancel)).Items.Select(n => n.Metadata.Name).Order(StringComparer.Ordinal)];

    /// <summary>Returns a token that may read any node's rules. It is valid for a day, because a stream ends when its token expires.</summary>
    public async Task<string> TokenAsync(CancellationToken cancel) => (await api.Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(
        new Authenticationv1TokenRequest { Spec = new() { Audiences = [TokenAudience], ExpirationSeconds = TokenSeconds } },
        ObserverAccount, place, cancellationToken: cancel)).Status.Token;

    /// <summary>Opens a channel to a controller.</summary>
    /// <param name="address">Host and port; null for a ready replica, by port forwarding through the API server.</param>
    /// <param name="cancel">Cancels the operation.</param>
    /// <exception cref="CommandException">No controller is ready, or the controller never created its certificates.</exception>
    public async Task<ControllerChannel> ChannelAsync(string? address, CancellationToken cancel)
    {
        var authorities = await AuthoritiesAsync(cancel);
        return address is not null
            ? ControllerChannel.Open(address, TlsName, authorities)
            : Forwarded((await ReadyControllersAsync(cancel))[0], authorities);
    }

    /// <summary>Opens a channel to every ready controller through the API server. Returns them by name.</summary>
    /// <exception cref="CommandException">No controller is ready, or the controller never created its certificates.</exception>
    public async Task<IReadOnlyDictionary<string, ControllerChannel>> ChannelsAsync(CancellationToken cancel)
    {
        var authorities = await AuthoritiesAsync(cancel);
        return (await ReadyControllersAsync(cancel)).ToDictionary(pod => pod, pod => Forwarded(pod, authorities), StringComparer.Ordinal);
    }

    /// <summary>Opens a channel to the named controller through the API server.</summary>
    /// <exception cref="CommandException">The controller never created its certificates.</exception>
    public async Task<ControllerChannel> ChannelToAsync(string controller, CancellationToken cancel) => Forwarded(controller, await AuthoritiesAsync(cancel));

    /// <summary>Returns the names of the ready controllers, at least one.</summary>
    /// <exception cref="CommandException">No controller is ready.</exception>
    public async Task<IReadOnlyList<string>> ReadyControllersAsync(CancellationToken cancel)
    {
        var pods = await api.Client.CoreV1.ListNamespacedPodAsync(place, labelSelector: ControllerLabel, cancellationToken: cancel);
        return pods.Items.Where(IsReady).Select(p => p.Metadata.Name).ToList() is { Count: > 0 } ready
            ? ready
            : throw new CommandException($"none of {pods.Items.Count} controllers in namespace {place} is ready");
    }

    private string TlsName => $"{ServiceName}.{place}.svc";

    private async Task<string> AuthoritiesAsync(CancellationToken cancel)
    {
        var map = await FindAsync(AuthoritiesName, cancel);
        return map.Data is { } data && data.TryGetValue(AuthoritiesKey, out var authorities)
            ? authorities
            : throw new CommandException($"ConfigMap {place}/{AuthoritiesName} has no {AuthoritiesKey}: has a controller started yet?");
    }

    private ControllerChannel Forwarded(string pod, string authorities) =>
        ControllerChannel.Open($"{TlsName}:{StreamPort}", TlsName, authorities, token => ForwardAsync(pod, token));

    private static bool IsReady(V1Pod pod) => pod.Status.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true;

    /// <summary>Forwards a connection to a pod, as kubectl port-forward does.</summary>
    private async ValueTask<Stream> ForwardAsync(string pod, CancellationToken cancel)
    {
        var socket = await api.Client.WebSocketNamespacedPodPortForwardAsync(pod, place, [StreamPort], cancellationToken: cancel);
        var channels = new StreamDemuxer(socket, StreamType.PortForward, ownsSocket: true);
        channels.Start();
        return new PortForwardStream(channels);
    }

    private async Task<V1ConfigMap> FindAsync(string name, CancellationToken cancel)
    {
        try
        {
            return await api.Client.CoreV1.ReadNamespacedConfigMapAsync(name, place, cancellationToken: cancel);
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new CommandException($"there is no ConfigMap {place}/{name}: is NetPol deployed there? Name another namespace with --netpol-namespace");
        }
    }
}

/// <summary>A forwarded port as a stream. It supports concurrent asynchronous reads and writes, which the Kubernetes client's own stream does not.</summary>
internal sealed class PortForwardStream(StreamDemuxer channels) : Stream
{
    private readonly Stream _data = channels.GetStream((byte?)0, (byte?)0);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => _data.Read(buffer, offset, count);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var bytes = new byte[buffer.Length];
        var read = await Task.Run(() => _data.Read(bytes, 0, bytes.Length), cancellationToken).WaitAsync(cancellationToken);
        bytes.AsMemory(0, read).CopyTo(buffer);
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count) => _data.Write(buffer, offset, count);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        _data.Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _data.Write(buffer.ToArray(), 0, buffer.Length);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
        // Writes are not buffered.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _data.Dispose();
            channels.Dispose();
        }
        base.Dispose(disposing);
    }
}
