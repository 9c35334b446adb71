using NetPol.Testing.ApiServer;

namespace NetPol.Cli.Tests.Input;

/// <summary>A fake API server with the kubeconfig of a client. The server does not serve the cluster-scoped policy kinds.</summary>
internal sealed class LiveCluster : IAsyncDisposable
{
    private LiveCluster(FakeApiServer api)
    {
        (Api, Kubeconfig) = (api, Path.GetTempFileName());
        api.Discovery.Serve();
        var server = api.Address.GetLeftPart(UriPartial.Authority);
        File.WriteAllText(Kubeconfig, File.ReadAllText(NetPolProcess.Fixture("unreachable.kubeconfig")).Replace("http://127.0.0.1:1", server, StringComparison.Ordinal));
    }

    public FakeApiServer Api { get; }

    /// <summary>The path of the kubeconfig.</summary>
    public string Kubeconfig { get; }

    /// <summary>Starts the server with the objects of a list as <c>kubectl get -o json</c> prints it.</summary>
    public static async Task<LiveCluster> StartAsync(string list = """{"items":[]}""")
    {
        var cluster = new LiveCluster(await FakeApiServer.StartAsync());
        cluster.Api.Objects.PutAll(list);
        return cluster;
    }

    /// <summary>Changes the namespace of the kubeconfig's context.</summary>
    public void SetNamespace(string name) =>
        File.WriteAllText(Kubeconfig, File.ReadAllText(Kubeconfig).Replace("context: { ", $"context: {{ namespace: {name}, ", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        File.Delete(Kubeconfig);
    }
}
