using NetPol.Testing.ApiServer;

namespace NetPol.Fuzz.Tests;

/// <summary>The objects that a controller needs: one node with the address 127.0.0.1, and on it the pod of an agent.</summary>
internal static class FuzzedCluster
{
    public const string Node = "n1";
    private const string Pod = "netpol-agent-x";
    private const string Uid = "u";

    /// <summary>Starts the API server of the cluster. It serves no cluster-scoped policy kinds.</summary>
    /// <param name="review">The duration of a token review.</param>
    public static async Task<FakeApiServer> StartAsync(TimeSpan review)
    {
        var api = await FakeApiServer.StartAsync();
        api.Discovery.Serve();
        api.Tokens.Delay = review;
        api.Objects.Put("Namespace", """{"metadata":{"name":"netpol-system"}}""");
        api.Objects.Put("Node", $$$"""{"metadata":{"name":"{{{Node}}}"},"spec":{"podCIDRs":["10.1.0.0/24"]},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}]}}""");
        api.Objects.Put("Pod", $$$"""
            {"metadata":{"name":"{{{Pod}}}","namespace":"netpol-system","uid":"{{{Uid}}}"},"spec":{"nodeName":"{{{Node}}}","hostNetwork":true,"containers":[]},
            "status":{"phase":"Running","podIPs":[{"ip":"127.0.0.1"}]}}
            """);
        return api;
    }

    /// <summary>Issues a new token of the agent.</summary>
    public static string IssueAgentToken(this FakeApiServer api) => api.Tokens.Issue("netpol-agent", Pod, Uid);
}
