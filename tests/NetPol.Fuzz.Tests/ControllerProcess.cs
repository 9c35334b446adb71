using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
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
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-fuzz-").FullName;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly HttpClient _http = new() { Timeout = Timeout };
    private readonly Process _process;

    private ControllerProcess(FakeApiServer cluster, MemoryCgroup group, long? heap)
    {
        (Cluster, Group) = (cluster, group);
        var ports = PrivateApiServer.FreePorts(4);
        (Port, LocalPort, MetricsPort, PagePort) = (ports[0], ports[1], ports[2], ports[3]);
        File.WriteAllText(Kubeconfig, $$$"""
            {"apiVersion":"v1","kind":"Config","current-context":"c","contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
            "clusters":[{"name":"c","cluster":{"server":"{{{cluster.Address}}}"}}],"users":[{"name":"u","user":{"token":"t"}}]}
            """);
        // The one that build/publish made, where it is named.
        string[] program = Environment.GetEnvironmentVariable("NETPOL_CONTROLLER") is { } published ? [published] : ["dotnet", Path.Combine(AppContext.BaseDirectory, "netpol-controller.dll")];
        var start = new ProcessStartInfo("sh", [
            "-c", "echo $$ >\"$1\" && shift && exec \"$@\"", "sh", group.Members, .. program, "--kubeconfig", Kubeconfig, "--name", "fuzzed", "--port", $"{Port}",
            "--local-port", $"{LocalPort}", "--metrics-port", $"{MetricsPort}", "--dashboard-port", $"{PagePort}", "--log-format", "text"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (heap is { } bytes)
            start.Environment["DOTNET_GCHeapHardLimit"] = bytes.ToString("x", CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public FakeApiServer Cluster { get; }

    public MemoryCgroup Group { get; }

    public int Port { get; }

    public int LocalPort { get; }

    public int MetricsPort { get; }

    public int PagePort { get; }

    /// <summary>The certificate authority, in PEM.</summary>
    public string Authority => (string)Cluster.Objects.Find(Authorities)!["data"]!["ca.crt"]!;

    public string Output => string.Join('\n', _lines);

    /// <summary>The most that the process had in memory so far, in bytes.</summary>
    public long PeakResident
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>What the process has in memory, in bytes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>Starts it, and waits until it is ready.</summary>
    /// <param name="answer">How long the API server thinks about a token.</param>
    /// <param name="memory">The limit of the cgroup, in bytes.</param>
    /// <param name="heap">The limit of the managed heap, in bytes; null for the default.</param>
    public static async Task<ControllerProcess> StartAsync(TimeSpan answer, long memory = Memory, long? heap = null)
    {
        var cluster = await FuzzedCluster.StartAsync(answer);
        MemoryCgroup? group = null;
        ControllerProcess? controller = null;
        try
        {
            group = MemoryCgroup.Create(memory);
            controller = new(cluster, group, heap);
            await controller.WaitAsync("a controller that is ready", controller.IsReadyAsync);
            return controller;
        }
        catch
        {
            if (controller is not null)
            {
                await controller.DisposeAsync();
                throw;
            }
            group?.Dispose();
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

    /// <summary>Fails when the process has ended, or the kernel killed it for its memory.</summary>
    public void AssertLives()
    {
        Assert.AreEqual(0, Group.Kills, $"the kernel killed the controller, which may have {Group.Limit >> 20} MB\n{Output}");
        Assert.IsFalse(_process.HasExited, $"the controller has ended\n{Output}");
    }

    /// <summary>Waits until the process is as expected. Fails if it ends first.</summary>
    public async Task WaitAsync(string what, Func<Task<bool>> isExpected)
    {
        var waited = Stopwatch.StartNew();
        while (!await isExpected())
        {
            AssertLives();
            if (waited.Elapsed > Timeout)
                Assert.Fail($"waited {Timeout.TotalSeconds} s for {what}\n{Output}");
            await Task.Delay(Look);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        Group.Dispose();
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
