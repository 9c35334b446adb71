namespace NetPol.Cli.Tests.Cases;

/// <summary>The command reads a manifest as <c>kubectl apply</c> would apply it.</summary>
[TestClass, TestCategory("Process")]
public sealed class AppliedNamespaceTests
{
    private const string Shop = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}}
        spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: other, labels: {app: other}}
        spec: {containers: [{name: c}]}
        ---

        """;

    [TestMethod]
    public async Task A_null_in_matchLabels_is_the_empty_string() =>
        Assert.AreEqual("deny", await ExplainedVerdicts.OfAsync(CaseFolder.Of("01-null-label", "policy.yaml"), "shop/other", "shop/web", "80/TCP"));

    [TestMethod]
    public async Task A_null_label_of_a_pod_is_there() =>
        Assert.AreEqual("allow", await ExplainedVerdicts.OfAsync(CaseFolder.Of("01-null-label", "pod-labels.yaml"), "default/job", "default/web", "80/TCP"));

    [TestMethod]
    public async Task A_null_label_of_a_workload_agrees_with_its_selector()
    {
        var outcome = await NetPolProcess.RunAsync("check", "-f", CaseFolder.Of("01-null-label", "typed-reading.yaml.txt"));

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
    }

    [TestMethod]
    [DataRow("podSelector: {matchLabels: {app: }}")]
    [DataRow("podSelector: {matchLabels: {app: ~}}")]
    [DataRow("podSelector: {matchExpressions: [{key: app, operator: In, values: [null]}]}")]
    [DataRow("namespaceSelector: {matchLabels: {team: null}}")]
    public async Task A_null_selects_the_empty_value_alone(string peer) => Assert.AreEqual("deny", await ExplainedVerdicts.OfTextAsync(
        $$$$$"""
        {{{{{Shop}}}}}
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: web}
        spec:
          podSelector: {matchLabels: {app: web}}
          ingress: [{from: [{{{{{{peer}}}}}}]}]
        """,
        "default/other", "default/web", "80/TCP"));

    [TestMethod]
    public async Task A_null_label_of_a_namespace_is_there() => Assert.AreEqual("allow", await ExplainedVerdicts.OfTextAsync(
        $$$$$"""
        {{{{{Shop}}}}}
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"team": null} } }
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: web}
        spec:
          podSelector: {matchLabels: {app: web}}
          ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}]}]
        """,
        "default/other", "default/web", "80/TCP"));

    [TestMethod]
    public async Task A_null_label_of_a_node_is_there() => Assert.AreEqual("deny", await ExplainedVerdicts.OfTextAsync(
        $$$$$"""
        {{{{{Shop}}}}}
        apiVersion: v1
        kind: Node
        metadata: {name: far, labels: {edge: }}
        status: {addresses: [{type: InternalIP, address: 192.0.2.9}]}
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: {name: edge}
        spec:
          tier: Admin
          priority: 1
          subject: {namespaces: {}}
          egress: [{action: Deny, to: [{nodes: {matchLabels: {edge: ""}}}]}]
        """,
        "default/other", "192.0.2.9", "80/TCP"));

    [TestMethod]
    public async Task A_null_in_the_selector_of_a_Service_selects_the_empty_value()
    {
        var outcome = await NetPolProcess.RunAsync(
            $$$$$"""
            {{{{{Shop}}}}}
            apiVersion: v1
            kind: Service
            metadata: {name: front}
            spec: {selector: {app: web, tier: }, ports: [{port: 80}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: closed}
            spec: {podSelector: {}}
            """,
            ["explain", "-f", "-", "--from", "default/other", "--to", "svc/default/front", "--port", "80"]);

        Assert.AreNotEqual(0, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Error, "Service default/front", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("data/db-0", "allow")]
    [DataRow("data/db-1", "deny")]
    public async Task A_pod_of_a_StatefulSet_has_its_own_name_as_a_label(string to, string verdict) =>
        Assert.AreEqual(verdict, await ExplainedVerdicts.OfAsync(CaseFolder.Of("36-statefulset-labels", "all.yaml"), "data/backup", to, "5432/TCP"));

    [TestMethod]
    [DataRow("StatefulSet", "replicas: 3", "apps.kubernetes.io/pod-index: \"2\"", "default/own-2", "deny")]
    [DataRow("StatefulSet", "replicas: 3", "apps.kubernetes.io/pod-index: \"2\"", "default/own-1", "allow")]
    [DataRow("StatefulSet", "ordinals: {start: 5}, replicas: 1", "statefulset.kubernetes.io/pod-name: own-5", "default/own-5", "deny")]
    [DataRow("Job", "parallelism: 1", "batch.kubernetes.io/job-name: own", "default/own-1", "deny")]
    [DataRow("Job", "parallelism: 1", "job-name: own", "default/own-1", "deny")]
    [DataRow("Job", "{parallelism: 2, completionMode: Indexed}", "batch.kubernetes.io/job-completion-index: \"1\"", "default/own-2", "deny")]
    [DataRow("Deployment", "replicas: 1", "job-name: own", "default/own-1", "allow")]
    public async Task Policies_select_by_the_labels_that_controllers_add(string kind, string spec, string label, string to, string verdict) => Assert.AreEqual(verdict, await ExplainedVerdicts.OfTextAsync(
        $$$$$"""
        {{{{{Shop}}}}}
        apiVersion: {{{{{(kind is "Job" ? "batch/v1" : "apps/v1")}}}}}
        kind: {{{{{kind}}}}}
        metadata: {name: own}
        spec: {{{{{{spec.Trim('{', '}')}}}}}, template: {metadata: {labels: {app: own}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: one}
        spec: {podSelector: {matchLabels: {{{{{{label}}}}}}}, ingress: []}
        """,
        "default/other", to, "80/TCP"));

    [TestMethod]
    public async Task The_own_node_is_the_one_that_the_pods_name() =>
        Assert.AreEqual("allow", await ExplainedVerdicts.OfAsync(CaseFolder.Of("30-own-node-without-node-object", "all.yaml"), "kube-system/probe", "default/web", "80/TCP"));

    [TestMethod]
    [DataRow("nodeName: worker-1", "hostIP: 10.0.0.11", "10.0.0.11", "allow")]
    [DataRow("nodeName: worker-1", "hostIP: 10.0.0.11", "10.0.0.12", "deny")]
    [DataRow("nodeName: worker-1", "hostIPs: [{ip: 10.0.0.11}, {ip: \"fd00::11\"}]", "10.0.0.11", "allow")]
    [DataRow("dnsPolicy: Default", "hostIP: 10.0.0.11", "10.0.0.11", "allow")]
    public async Task The_node_address_comes_from_the_status_of_a_pod(string spec, string status, string from, string verdict) => Assert.AreEqual(verdict, await ExplainedVerdicts.OfTextAsync(
        $$$$$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec: {{{{{{spec}}}}}, containers: [{name: c}]}
        status: {{{{{{status}}}}}, podIP: 10.42.1.7}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: closed}
        spec: {podSelector: {}, policyTypes: [Ingress]}
        """,
        from, "default/web", "80/TCP"));

    [TestMethod]
    public async Task A_node_is_where_its_pods_in_the_hosts_network_are() => Assert.AreEqual("deny", await ExplainedVerdicts.OfTextAsync(
        $$$$$"""
        {{{{{Shop}}}}}
        apiVersion: v1
        kind: Pod
        metadata: {name: proxy}
        spec: {nodeName: worker-1, hostNetwork: true, containers: [{name: c}]}
        status: {podIP: 10.0.0.11}
        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: {name: nodes}
        spec:
          tier: Admin
          priority: 1
          subject: {namespaces: {}}
          egress: [{action: Deny, to: [{nodes: {matchLabels: {kubernetes.io/hostname: worker-1}}}]}]
        """,
        "default/other", "10.0.0.11", "80/TCP"));
}
