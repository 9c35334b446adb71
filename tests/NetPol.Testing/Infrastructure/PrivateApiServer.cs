using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using k8s;

namespace NetPol.Testing.Infrastructure;

/// <summary>Runs etcd and kube-apiserver for one test, on loopback and in a temporary folder, as <c>crds/verify</c> does.</summary>
public sealed class PrivateApiServer : IAsyncDisposable
{
    private const string Token = "secret";
    private const string UsualFolder = "/var/cache/netpol-cluster/bin";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("npt-api-").FullName;
    private readonly HttpClient _http = new();
    private readonly string _program;
    private readonly int _etcdPort;
    private readonly int _port;
    private readonly Process _etcd;
    private Process? _server;

    private PrivateApiServer(string etcd, string program)
    {
        _program = program;
        var ports = FreePorts(3);
        (_etcdPort, _port) = (ports[0], ports[1]);
        var (clients, peers) = ($"http://127.0.0.1:{_etcdPort}", $"http://127.0.0.1:{ports[2]}");
        _etcd = Start(etcd,
            "--data-dir", Path.Combine(_folder, "etcd"), "--unsafe-no-fsync", "--listen-client-urls", clients, "--advertise-client-urls", clients,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}");
    }

    /// <summary>The address and port of the API server. They stay the same across restarts.</summary>
    public IPEndPoint Endpoint => new(IPAddress.Loopback, _port);

    /// <summary>A client configuration with administrator rights.</summary>
    public KubernetesClientConfiguration Configuration => At(_port);

    /// <summary>Starts both programs and waits until the API server is ready. Without the programs, the test is inconclusive.</summary>
    public static async Task<PrivateApiServer> StartAsync()
    {
        var (etcd, program) = (Find("etcd"), Find("kube-apiserver"));
        TestRequirements.ClusterProgram($"etcd (in PATH, KUBE_BIN or {UsualFolder})", etcd);
        TestRequirements.ClusterProgram($"kube-apiserver (in PATH, KUBE_BIN or {UsualFolder})", program);
        var server = new PrivateApiServer(etcd, program);
        try
        {
            using var key = RSA.Create(2048);
            await File.WriteAllTextAsync(Path.Combine(server._folder, "sa.key"), key.ExportRSAPrivateKeyPem());
            await File.WriteAllTextAsync(Path.Combine(server._folder, "tokens"), $"{Token},admin,1,system:masters\n");
            await server.StartServerAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns a client configuration for another port, such as that of a proxy in front of the server.</summary>
    public static KubernetesClientConfiguration At(int port) => new() { Host = $"https://127.0.0.1:{port}", AccessToken = Token, SkipTlsVerify = true };

    /// <summary>Returns unused ports of the loopback address.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(l => l.Start());
        var ports = listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToArray();
        listeners.ForEach(l => l.Dispose());
        return ports;
    }

    /// <summary>Starts the API server on its fixed port and waits until it is ready.</summary>
    /// <param name="watchCache">Whether the API server serves watches from its cache, which is the default. Otherwise it passes each watch to etcd.</param>
    public async Task StartServerAsync(bool watchCache = true)
    {
        _server = Start(_program,
            "--etcd-servers", $"http://127.0.0.1:{_etcdPort}", "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", $"{_port}",
            "--cert-dir", Path.Combine(_folder, "pki"), "--token-auth-file", Path.Combine(_folder, "tokens"), "--authorization-mode", "AlwaysAllow",
            "--service-cluster-ip-range", "10.96.0.0/16", "--service-account-key-file", Path.Combine(_folder, "sa.key"),
            "--service-account-signing-key-file", Path.Combine(_folder, "sa.key"), "--service-account-issuer", $"https://127.0.0.1:{_port}",
            "--endpoint-reconciler-type", "none", $"--watch-cache={(watchCache ? "true" : "false")}");
        using var client = new k8s.Kubernetes(Configuration);
        await TaskTimeouts.PollAsync(() => "a ready API server", async () =>
        {
            Assert.IsFalse(_server.HasExited, "the API server has ended");
            Assert.IsFalse(_etcd.HasExited, "etcd has ended");
            return await IsReadyAsync(client);
        }, Timeout);
    }

    /// <summary>Kills the API server. etcd keeps running.</summary>
    public async Task KillServerAsync()
    {
        if (_server is null)
            return;
        await EndAsync(_server);
        _server = null;
    }

    /// <summary>Writes an administrator's kubeconfig file, which is deleted with the server.</summary>
    /// <returns>The path.</returns>
    public string WriteKubeconfig()
    {
        var path = Path.Combine(_folder, "kubeconfig");
        File.WriteAllText(path, $"""
            apiVersion: v1
            kind: Config
            current-context: c
            contexts:
            - name: c
              context:
                cluster: c
                user: u
            clusters:
            - name: c
              cluster:
                server: https://127.0.0.1:{_port}
                insecure-skip-tls-verify: true
            users:
            - name: u
              user:
                token: {Token}
            """);
        return path;
    }

    /// <summary>Applies the object of a file.</summary>
    /// <param name="path">The object's path.</param>
    /// <param name="file">The YAML file.</param>
    public Task ApplyAsync(string path, string file) => SendAsync(HttpMethod.Patch, $"{path}?fieldManager=test&force=true", file, "application/apply-patch+yaml");

    /// <summary>Creates the object of a file as soon as the API server serves its kind.</summary>
    /// <param name="path">The collection's path.</param>
    /// <param name="file">The YAML file.</param>
    public Task CreateAsync(string path, string file) => SendAsync(HttpMethod.Post, path, file, "application/yaml");

    /// <summary>Compacts etcd, so that it keeps only the current revision.</summary>
    public async Task CompactAsync()
    {
        var range = await EtcdAsync("range", new JsonObject { ["key"] = Convert.ToBase64String("/"u8) });
        var revision = (string?)range["header"]!["revision"];
        await EtcdAsync("compaction", new JsonObject { ["revision"] = revision, ["physical"] = true });
    }

    public async ValueTask DisposeAsync()
    {
        await KillServerAsync();
        await EndAsync(_etcd);
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string? Find(string program) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:{Environment.GetEnvironmentVariable("KUBE_BIN") ?? UsualFolder}".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = "/nonexistent";
        start.Environment.Remove("KUBECONFIG");
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static async Task<bool> IsReadyAsync(k8s.Kubernetes client)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseUri, "readyz"));
            await client.Credentials.ProcessHttpRequestAsync(request, CancellationToken.None);
            using var answer = await client.HttpClient.SendAsync(request);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task SendAsync(HttpMethod method, string path, string file, string type)
    {
        using var client = new k8s.Kubernetes(Configuration);
        var text = await File.ReadAllTextAsync(file);
        await TaskTimeouts.PollAsync(() => $"the API server to serve {path}", async () =>
        {
            using var request = new HttpRequestMessage(method, new Uri(client.BaseUri, path)) { Content = new StringContent(text, Encoding.UTF8, type) };
            await client.Credentials.ProcessHttpRequestAsync(request, CancellationToken.None);
            using var answer = await client.HttpClient.SendAsync(request);
            if (!answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.NotFound)
                Assert.Fail($"{file}: {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode;
        }, Timeout);
    }

    private async Task<JsonNode> EtcdAsync(string what, JsonObject body)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri($"http://127.0.0.1:{_etcdPort}/v3/kv/{what}"), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.IsTrue(answer.IsSuccessStatusCode, $"etcd does not do {what}: {text}");
        return JsonNode.Parse(text)!;
    }
}
