using NetPol.Cli.Tests.Input;

namespace NetPol.Cli.Tests.Cases;

/// <summary>Commands evaluate files on top of a cluster as if they were applied.</summary>
[TestClass, TestCategory("Process")]
public sealed class ClusterOverlayTests
{
    private const string Cluster = """
        {"items": [
        {"kind": "Node", "metadata": {"name": "n1"}, "status": {"addresses": [{"type": "InternalIP", "address": "172.20.0.11"}]}},
        {"kind": "Node", "metadata": {"name": "n2"}, "status": {"addresses": [{"type": "InternalIP", "address": "172.20.0.12"}]}},
        {"kind": "Namespace", "metadata": {"name": "shop"}},
        {"kind": "Pod", "metadata": {"name": "web-7d9f-x1", "namespace": "shop", "labels": {"app": "web", "pod-template-hash": "7d9f"}, "ownerReferences": [{"kind": "ReplicaSet", "name": "web-7d9f"}]},
         "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"podIP": "10.244.1.5"}},
        {"kind": "Pod", "metadata": {"name": "web-7d9f-x2", "namespace": "shop", "labels": {"app": "web", "pod-template-hash": "7d9f"}, "ownerReferences": [{"kind": "ReplicaSet", "name": "web-7d9f"}]},
         "spec": {"nodeName": "n2", "containers": [{"name": "c"}]}, "status": {"podIP": "10.244.2.5"}},
        {"kind": "Pod", "metadata": {"name": "web-api-x1", "namespace": "shop", "labels": {"app": "web-api", "pod-template-hash": "55aa"}, "ownerReferences": [{"kind": "ReplicaSet", "name": "web-api"}]},
         "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"podIP": "10.244.1.7"}},
        {"kind": "Pod", "metadata": {"name": "agent-abcde", "namespace": "shop", "labels": {"app": "agent"}, "ownerReferences": [{"kind": "DaemonSet", "name": "agent"}]},
         "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}, "status": {"podIP": "10.244.1.8"}},
        {"kind": "Pod", "metadata": {"name": "db-0", "namespace": "shop", "labels": {"app": "db"}, "ownerReferences": [{"kind": "StatefulSet", "name": "db"}]},
         "spec": {"nodeName": "n1", "containers": [{"name": "c", "ports": [{"containerPort": 5432}]}]}, "status": {"podIP": "10.244.1.6"}},
        {"kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "shop"}, "spec": {"podSelector": {"matchLabels": {"app": "db"} },
         "ingress": [{"from": [{"podSelector": {"matchLabels": {"tier": "frontend"} } }]}]}}
        ]}
        """;

    [TestMethod]
    [DataRow("shop/web-7d9f-x1")]
    [DataRow("shop/web-1")]
    public async Task A_Deployment_in_a_file_replaces_its_pods(string from)
    {
        await using var cluster = await LiveCluster.StartAsync(await File.ReadAllTextAsync(CaseFolder.Of("16-deployment-on-top", "cluster.json")));

        var verdict = await ExplainedVerdicts.OfAsync(CaseFolder.Of("16-deployment-on-top", "deployment.yaml"), from, "shop/db-0", "5432/TCP", "--kubeconfig", cluster.Kubeconfig);

        Assert.AreEqual("allow", verdict);
    }

    [TestMethod]
    public async Task Diff_sees_the_new_labels_of_a_Deployment()
    {
        await using var cluster = await LiveCluster.StartAsync(await File.ReadAllTextAsync(CaseFolder.Of("16-deployment-on-top", "cluster.json")));

        var outcome = await NetPolProcess.RunAsync("diff", "-f", CaseFolder.Of("16-deployment-on-top", "deployment.yaml"), "--kubeconfig", cluster.Kubeconfig);

        Assert.IsFalse(outcome.Output.Contains("- ", StringComparison.Ordinal), $"nothing closes: {outcome.Output}");
    }

    [TestMethod]
    [DataRow("Deployment", "web", "replicas: 2", "shop/web-7d9f-x2", "allow")]
    [DataRow("Deployment", "web", "paused: false", "shop/web-7d9f-x2", "allow")]
    [DataRow("Deployment", "web", "replicas: 3", "shop/web-1", "allow")]
    [DataRow("Deployment", "web", "replicas: 2", "shop/web-api-x1", "deny")]
    [DataRow("Deployment", "other", "replicas: 1", "shop/web-7d9f-x1", "deny")]
    [DataRow("DaemonSet", "agent", "minReadySeconds: 0", "shop/agent-abcde", "allow")]
    [DataRow("DaemonSet", "agent", "minReadySeconds: 0", "shop/agent-1", "allow")]
    public async Task The_pods_of_a_workload_have_its_new_labels(string kind, string name, string spec, string from, string verdict)
    {
        await using var cluster = await LiveCluster.StartAsync(Cluster);

        Assert.AreEqual(verdict, await ExplainedVerdicts.OfTextAsync(Workload(kind, name, spec), from, "shop/db-0", "5432/TCP", "--kubeconfig", cluster.Kubeconfig));
    }

    [TestMethod]
    public async Task A_Deployment_that_is_scaled_down_has_as_many_pods_as_it_says()
    {
        await using var cluster = await LiveCluster.StartAsync(Cluster);

        var outcome = await NetPolProcess.RunAsync(Workload("Deployment", "web", "replicas: 1"), ["check", "-f", "-", "--kubeconfig", cluster.Kubeconfig]);

        StringAssert.Contains(outcome.Output, " 4 pods, ", StringComparison.Ordinal);
    }

    private static string Workload(string kind, string name, string spec) => $$$$"""
        apiVersion: apps/v1
        kind: {{{{kind}}}}
        metadata: {name: {{{{name}}}}, namespace: shop}
        spec:
          {{{{spec}}}}
          template:
            metadata: {labels: {app: {{{{name}}}}, tier: frontend}}
            spec: {containers: [{name: c}]}
        """;
}
