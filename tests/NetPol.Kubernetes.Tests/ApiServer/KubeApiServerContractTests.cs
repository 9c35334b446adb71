using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>The contract, on kube-apiserver.</summary>
[TestClass, TestCategory("Cluster")]
public sealed class KubeApiServerContractTests : ApiServerContract
{
    private static readonly Lazy<Task<PrivateApiServer>> Started = new(() => PrivateApiServer.StartAsync());

    [ClassCleanup]
    public static async Task StopAsync()
    {
        if (Started is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await Started.Value).DisposeAsync();
    }

    private protected override async Task<ContractClient> OpenAsync() => new((await Started.Value).Configuration);

    /// <summary>Compacts etcd and starts kube-apiserver again, whose cache of events then begins later.</summary>
    private protected override async Task CompactAsync()
    {
        var server = await Started.Value;
        await server.KillServerAsync();
        await server.CompactAsync();
        await server.StartServerAsync();
    }
}
