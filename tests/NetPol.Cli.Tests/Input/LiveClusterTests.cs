using System.Text.Json.Nodes;
using NetPol.Cli.Tests.Cases;
using NetPol.Protocol.Status;

namespace NetPol.Cli.Tests.Input;

/// <summary>Commands evaluate a live cluster with the state that controllers have besides its objects, and warn about state that they cannot read.</summary>
[TestClass, TestCategory("Process")]
public sealed class LiveClusterTests
{
    private const string Reports = "/api/v1/namespaces/netpol-system/configmaps/netpol-node-addresses";

    private const string Objects = """
        {"items": [
        {"kind": "Node", "metadata": {"name": "n1"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.168.0.11"}]}},
        {"kind": "Node", "metadata": {"name": "n2"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.168.0.12"}]}},
        {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}}},
        {"kind": "Namespace", "metadata": {"name": "old", "deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Terminating"}},
        {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"podIP": "10.244.1.5"}},
        {"kind": "Pod", "metadata": {"name": "last", "namespace": "old"}, "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"podIP": "10.244.1.6"}}
        ]}
        """;

    private const string DenyNodes = """
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: no-nodes }
        spec:
          tier: Admin
          priority: 1
          subject: { namespaces: {} }
          egress: [{ action: Deny, to: [{ nodes: {} }] }]
        """;

    [TestMethod]
    [DataRow("contexts: [{ name: x, context: { cluster: c } }]", "it has no current-context: name a context with --context, such as x")]
    [DataRow("contexts: [{ name: x, context: { cluster: c } }]\ncurrent-context: y", "there is no context y: name one that is there, such as x")]
    [DataRow("contexts: [{ name: x, context: { cluster: d } }]\ncurrent-context: x", "the context x needs the cluster d, which is not there: add it to clusters")]
    [DataRow("contexts: [{ name: x, context: { cluster: c, user: u } }]\ncurrent-context: x", "the context x needs the user u, who is not there: add it to users")]
    public async Task What_a_kubeconfig_lacks_is_named_in_one_line(string text, string expected)
    {
        using var kubeconfig = new TemporaryFile($"apiVersion: v1\nkind: Config\nclusters: [{{ name: c, cluster: {{ server: 'http://127.0.0.1:1' }} }}]\n{text}\n");

        var outcome = await NetPolProcess.RunAsync("matrix", "--kubeconfig", kubeconfig.Path);

        Assert.AreEqual((2, $"netpol: {kubeconfig.Path}: {expected}\n"), (outcome.ExitCode, outcome.Error));
    }

    [TestMethod]
    [DataRow("10.244.2.1", "deny", DisplayName = "an address that the agent of n2 reports")]
    [DataRow("192.168.0.12", "deny", DisplayName = "an address of its status")]
    [DataRow("10.244.1.6", "allow", DisplayName = "an address of a pod, though it is reported")]
    [DataRow("10.244.2.9", "allow", DisplayName = "no pod's")]
    public async Task A_Deny_of_nodes_covers_what_agents_report(string address, string verdict)
    {
        await using var cluster = await LiveCluster.StartAsync(Objects);
        cluster.Api.Objects.Put("ConfigMap", """{"metadata": {"name": "netpol-node-addresses", "namespace": "netpol-system"}, "data": {"n2": "10.244.2.1,10.244.1.6,172.17.0.1", "gone": "10.244.2.9"}}""");
        Assert.AreEqual(verdict, await ExplainedVerdicts.OfTextAsync(DenyNodes, "shop/web", address, "80/TCP", "--kubeconfig", cluster.Kubeconfig));
    }

    [TestMethod]
    public async Task Without_agent_reports_nothing_is_printed()
    {
        await using var cluster = await LiveCluster.StartAsync(Objects);
        var outcome = await NetPolProcess.RunAsync("explain", "--from", "shop/web", "--to", "10.244.2.1", "--port", "80/TCP", "--kubeconfig", cluster.Kubeconfig);
        Assert.DoesNotContain("netpol-node-addresses", outcome.Error);
    }

    [TestMethod]
    public async Task Reports_that_may_not_be_read_are_a_warning()
    {
        await using var cluster = await LiveCluster.StartAsync(Objects);
        cluster.Api.Answers.Fail(Reports, 403, "Forbidden", "forbidden");
        var outcome = await NetPolProcess.RunAsync("explain", "--from", "shop/web", "--to", "10.244.2.1", "--port", "80/TCP", "--kubeconfig", cluster.Kubeconfig);
        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        Assert.Contains("ConfigMap netpol-system/netpol-node-addresses: warning: the cluster does not let you read it: a Deny of nodes is evaluated without the addresses that agents report", outcome.Error);
    }

    [TestMethod]
    public async Task Policies_of_a_terminating_namespace_are_reported_as_possibly_retained()
    {
        await using var cluster = await LiveCluster.StartAsync(Objects);
        var outcome = await NetPolProcess.RunAsync("explain", "--from", "shop/web", "--to", "old/last", "--port", "80/TCP", "--kubeconfig", cluster.Kubeconfig);
        Assert.Contains("Namespace old: warning: it is being deleted and still has 1 pod", outcome.Error);
        Assert.Contains("this command does not see those policies", outcome.Error);
        Assert.DoesNotContain("no such field", outcome.Error);
    }

    [TestMethod]
    [DataRow(0, "this command does not evaluate NetworkPolicy old/closed\n")]
    [DataRow(3, "this command does not evaluate NetworkPolicy old/closed, and the controllers' reports omit others\n")]
    public async Task Retained_policies_that_a_controller_reports_are_named(int omitted, string expected)
    {
        await using var cluster = await LiveCluster.StartAsync(Objects);
        var report = new ReplicaReport(DateTimeOffset.UtcNow, true, 1, [], [], [], 0, 0) { Retained = ["NetworkPolicy old/closed", "NetworkPolicy older/closed"], RetainedLeftOut = omitted };
        var map = new JsonObject { ["metadata"] = new JsonObject { ["name"] = ReplicaReport.ConfigMapName, ["namespace"] = "netpol-system" }, ["data"] = new JsonObject { ["a"] = report.Write() } };
        cluster.Api.Objects.Put("ConfigMap", map.ToJsonString());
        var outcome = await NetPolProcess.RunAsync("explain", "--from", "shop/web", "--to", "old/last", "--port", "80/TCP", "--kubeconfig", cluster.Kubeconfig);
        Assert.Contains(expected, outcome.Error);
    }
}
