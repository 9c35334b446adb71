using System.Net;
using NetPol.Protocol;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Fuzz.Tests;

/// <summary>The real executable in a memory cgroup, with a fake API server.</summary>
internal sealed class ControllerProcess : IAsyncDisposable
{
    /// <summary>The limit while clients without a token attack, in bytes.</summary>
    public const long Memory = 256L << 20;

    private const string Authorities = "/api/v1/namespaces/netpol-system/configmaps/netpol-ca";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-fuzz-").FullName;
    private readonly HttpClient _http = new() { Timeout = Timeout };

    private ControllerProcess(FakeApiServer cluster, long memory, long? heap)
    {
        Cluster = cluster;
        var ports = PrivateApiServer.FreePorts(4);
        (Port, LocalPort, MetricsPort, PagePort) = (ports[0], ports[1], ports[2], ports[3]);
        File.WriteAllText(Kubeconfig, $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
            "clusters":[{"name":"c","cluster":{"server":"{{{cluster.Address}}}"}}],"users":[{"name":"u","user":{"token":"t"}}]}
            """);
        Process = new("controller", memory, heap, [
            .. LimitedProcess.Program("NETPOL_CONTROLLER", "netpol-controller.dll"), "--kubeconfig", Kubeconfig, "--name", "fuzzed", "--port", $"{Port}",
            "--local-port", $"{LocalPort}", "--metrics-port", $"{MetricsPort}", "--dashboard-port", $"{PagePort}", "--log-format", "text"]);
    }

    public FakeApiServer Cluster { get; }

    public LimitedProcess Process { get; }

    public int Port { get; }

    public int LocalPort { get; }

    public int MetricsPort { get; }

    public int PagePort { get; }

    /// <summary>The certificate authority, in PEM.</summary>
    public string Authority => (string)Cluster.Objects.Find(Authorities)!["data"]!["ca.crt"]!;

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>Starts it, and waits until it is ready.</summary>
    /// <param name="answer">How long the API server thinks about a token.</param>
    /// <param name="memory">The limit of the cgroup, in bytes.</param>
    /// <param name="heap">The limit of the managed heap, in bytes; null for the default.</param>
    public static async Task<ControllerProcess> StartAsync(TimeSpan answer, long memory = Memory, long? heap = null)
    {
        var cluster = await FuzzedCluster.StartAsync(answer);
        ControllerProcess? controller = null;
        try
        {
            controller = new(cluster, memory, heap);
            await controller.WaitAsync("a controller that is ready", controller.IsReadyAsync);
            return controller;
        }
        catch
        {
            if (controller is not null)
                await controller.DisposeAsync();
            else
                await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection of an agent, with a token that was never shown before.</summary>
    public ControllerChannel OpenAgent(out string token)
    {
        token = Cluster.IssueAgentToken();
        return ControllerChannel.Open($"127.0.0.1:{Port}", "netpol-controller.netpol-system.svc", Authority);
    }

    /// <summary>What a port answers to a GET.</summary>
    public async Task<(HttpStatusCode Status, string Text)> GetAsync(int port, string path)
    {
        using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until the process is as expected. Fails if it ends first.</summary>
    public Task WaitAsync(string what, Func<Task<bool>> isExpected) => TaskTimeouts.PollAsync(() => $"{what}\n{Process.Output}", async () =>
    {
        if (await isExpected())
            return true;
        Process.AssertLives();
        return false;
    }, Timeout);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _http.Dispose();
        await Cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await GetAsync(LocalPort, "/readyz")).Status == HttpStatusCode.OK && Cluster.Objects.Find(Authorities)?["data"]?["ca.crt"] is not null;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
