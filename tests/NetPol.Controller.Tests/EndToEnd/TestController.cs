using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NetPol.Controller.FlowLogs;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Security;
using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>The whole controller on a real API server, which has two nodes, and the pod of an agent on one of them. The server ends with it, where it is its own.</summary>
internal sealed class TestController(PrivateApiServer? server, k8s.Kubernetes client, WebApplication app, ControllerOptions options, FakeTimeProvider proofTime) : IAsyncDisposable
{
    private const string Space = "netpol-system";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public k8s.Kubernetes Client { get; } = client;

    public ControllerOptions Options { get; } = options;

    /// <summary>Tokens that were proven grow old by it alone.</summary>
    public FakeTimeProvider ProofTime { get; } = proofTime;

    public int Port => Options.Port;

    public string Authorities { get; set; } = "";

    public FlowRelay Flows => app.Services.GetRequiredService<FlowRelay>();

    public RuleSetStore Store => app.Services.GetRequiredService<RuleSetStore>();

    public ClusterInventory Inventory => app.Services.GetRequiredService<ClusterInventory>();

    public AgentRegistry Agents => app.Services.GetRequiredService<AgentRegistry>();

    public NodeAddressSync Reported => app.Services.GetRequiredService<NodeAddressSync>();

    public StatusWriter Status => app.Services.GetRequiredService<StatusWriter>();

    public LineLog<NodeRulesService> Log => (LineLog<NodeRulesService>)app.Services.GetRequiredService<ILogger<NodeRulesService>>();

    public static Task<TestController> StartAsync() => StartAsync(page: false);

    /// <param name="page">Whether it serves the page.</param>
    public static async Task<TestController> StartAsync(bool page)
    {
        var server = await PrivateApiServer.StartAsync();
        var client = new k8s.Kubernetes(server.Configuration);
        await client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = Space } });
        foreach (var account in (string[])["netpol-agent", "netpol-observer", "somebody"])
            await client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = account } }, Space);
        foreach (var node in (string[])["n1", "n2"])
            await client.CoreV1.CreateNodeAsync(new() { Metadata = new() { Name = node } });
        var host = await RunAsync(server, client, "test", server.WriteKubeconfig(), page);
        await host.CreatePodAsync("agent-1", "n1");
        return host;
    }

    /// <summary>Another replica, on the same API server.</summary>
    public Task<TestController> StartReplicaAsync(string name) => RunAsync(null, Client, name, Options.Kubeconfig!, page: true);

    public Task<V1Pod> CreatePodAsync(string name, string node) => Client.CoreV1.CreateNamespacedPodAsync(
        new()
        {
            Metadata = new() { Name = name },
            Spec = new()
            {
                NodeName = node,
                ServiceAccountName = Options.AgentServiceAccount,
                AutomountServiceAccountToken = false,
                Containers = [new() { Name = "agent", Image = "netpol" }],
            },
        },
        Space);

    /// <summary>A namespace with one pod, on node n1.</summary>
    public async Task CreateWorkloadAsync(string space, string pod, string address)
    {
        await Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } });
        await Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = "default" } }, space);
        await Client.CoreV1.CreateNamespacedPodAsync(
            new() { Metadata = new() { Name = pod }, Spec = new() { NodeName = "n1", AutomountServiceAccountToken = false, Containers = [new() { Name = "main", Image = "none" }] } }, space);
        await AddressAsync(pod, address, space);
    }

    /// <summary>Gives a pod its address.</summary>
    public Task AddressAsync(string pod, string address, string space = Space) => Client.CoreV1.PatchNamespacedPodStatusAsync(
        new V1Patch($$$"""{"status":{"podIP":"{{{address}}}","podIPs":[{"ip":"{{{address}}}"}]}}""", V1Patch.PatchType.MergePatch), pod, space);

    /// <summary>A real token.</summary>
    public async Task<string> TokenAsync(string account = "netpol-agent", string? pod = "agent-1", string audience = "netpol")
    {
        var bound = pod is null ? null : await Client.CoreV1.ReadNamespacedPodAsync(pod, Space);
        var request = new Authenticationv1TokenRequest
        {
            Spec = new()
            {
                Audiences = [audience],
                BoundObjectRef = bound is null ? null : new() { ApiVersion = "v1", Kind = "Pod", Name = pod, Uid = bound.Metadata.Uid },
            },
        };
        return (await Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, account, Space)).Status.Token;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        if (server is null)
            return;
        Client.Dispose();
        await server.DisposeAsync();
    }

    private static async Task<TestController> RunAsync(PrivateApiServer? server, k8s.Kubernetes client, string name, string kubeconfig, bool page)
    {
        var ports = PrivateApiServer.FreePorts(3);
        var options = new ControllerOptions
        {
            Name = name,
            Address = "127.0.0.1",
            Port = ports[0],
            LocalPort = ports[1],
            DashboardPort = page ? ports[2] : null,
            Kubeconfig = kubeconfig,
        };
        var proofTime = new FakeTimeProvider();
        var app = ControllerHost.Build(new ConfigurationBuilder().Build(), services => services
            .AddSingleton(options)
            .AddSingleton<ILogger<NodeRulesService>>(new LineLog<NodeRulesService>())
            .AddSingleton(provider => new ConnectionCallers(provider.GetRequiredService<TokenAuthenticator>(), proofTime)));
        await app.StartAsync();
        var host = new TestController(server, client, app, options, proofTime);
        await host.Store.InitialSync.WaitAsync(Timeout);
        Assert.IsTrue(SpinWait.SpinUntil(() => app.Services.GetRequiredService<CertificateManager>().Server is not null, Timeout), "no certificate was made");
        host.Authorities = (await client.CoreV1.ReadNamespacedConfigMapAsync(CertificateManager.ConfigMapName, Space)).Data["ca.crt"];
        return host;
    }
}
