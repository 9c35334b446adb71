using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Manifests;

namespace NetPol.Kubernetes.Tests.Lints;

/// <summary>Each lint finds its mistake, and does not report similar objects that are correct.</summary>
[TestClass, TestCategory("Unit")]
public sealed class PolicyLinterTests
{
    /// <summary>Three namespaces with an application, its database, and its monitoring; Services as an API server stores them.</summary>
    private const string Cluster = """
        apiVersion: v1
        kind: Namespace
        metadata: { name: shop, labels: { team: shop } }
        ---
        apiVersion: v1
        kind: Namespace
        metadata: { name: data, labels: { team: data } }
        ---
        apiVersion: v1
        kind: Namespace
        metadata: { name: monitoring }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: web, namespace: shop, labels: { app: web } }
        spec: { containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }] }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: db, namespace: data, labels: { app: db } }
        spec: { containers: [{ name: c, ports: [{ name: sql, containerPort: 5432 }] }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: old, namespace: data, labels: { app: migration } }
        status: { phase: Succeeded }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: prometheus, namespace: monitoring, labels: { app: prometheus } }
        spec: { containers: [{ name: c }] }
        ---
        apiVersion: v1
        kind: Pod
        metadata: { name: exporter, namespace: monitoring, labels: { app: exporter } }
        spec: { hostNetwork: true, containers: [{ name: c, ports: [{ containerPort: 9100 }] }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: web, namespace: shop }
        spec: { type: LoadBalancer, clusterIP: 10.96.0.10, selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: db, namespace: data }
        spec: { clusterIP: 10.96.0.11, selector: { app: db }, ports: [{ port: 5432 }] }
        """;

    private const string Dns = "{ to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ protocol: UDP, port: 53 }] }";

    [TestMethod]
    // Two items where one is intended.
    [DataRow("from: [{ namespaceSelector: { matchLabels: { team: shop } } }, { podSelector: { matchLabels: { app: web } } }]", "and-written-as-or")]
    [DataRow("from: [{ podSelector: { matchLabels: { app: web } } }, { namespaceSelector: { matchLabels: { team: shop } } }]", "and-written-as-or")]
    [DataRow("from: [{ namespaceSelector: {} }, { podSelector: { matchLabels: { app: db } } }]", "and-written-as-or")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { team: shop } }, podSelector: { matchLabels: { app: web } } }]", "")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { team: shop } } }, { podSelector: { matchLabels: { app: db } } }]", "")]
    [DataRow("from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { team: shop } } }]", "")]
    // Lists that read like nothing.
    [DataRow("from: []", "empty-peers")]
    [DataRow("from:", "empty-peers")]
    [DataRow("ports: []", "empty-ports")]
    [DataRow("from: [{ podSelector: {} }]", "")]
    // Namespaces and pods that are not there.
    [DataRow("from: [{ namespaceSelector: { matchLabels: { name: monitoring } } }]", "peer-selects-no-namespace")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitorin } } }]", "peer-selects-no-namespace")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { team: shopp } } }]", "peer-selects-no-namespace")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }]", "")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { team: shop } }, podSelector: { matchLabels: { app: wbe } } }]", "peer-selects-no-pod")]
    [DataRow("from: [{ podSelector: { matchLabels: { role: reader } } }]", "peer-selects-no-pod")]
    [DataRow("from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } }, podSelector: { matchLabels: { app: exporter } } }]", "selects-host-network")]
    [DataRow("from: [{ podSelector: { matchLabels: { app: migration } } }]", "selects-finished")]
    [DataRow("from: [{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [migration, db] }] } }]", "")]
    // Ports.
    [DataRow("ports: [{ port: sqll }]", "unknown-named-port")]
    [DataRow("ports: [{ port: sql, protocol: UDP }]", "unknown-named-port")]
    [DataRow("ports: [{ port: sql }]", "")]
    [DataRow("ports: [{ port: 5432 }]", "")]
    public void A_mistake_of_an_ingress_rule_is_found_and_an_intended_form_is_not(string rule, string codes) =>
        Assert.AreEqual(codes, Codes(Policy("data", "app: db", $"{{ {rule} }}", null)));

    [TestMethod]
    public void Finished_pods_are_not_named_as_pods_on_the_hosts_network()
    {
        const string Finished = """

            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: before, namespace: monitoring, labels: { app: exporter } }
            status: { phase: Failed }
            """;
        const string From = "{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } }, podSelector: { matchLabels: { app: exporter } } }] }";

        var found = Assert.ContainsSingle(Lint(Cluster + Finished + Policy("data", "app: db", From, null)).Diagnostics);

        StringAssert.Contains(found.Message, "match only pods on the host's network (monitoring/exporter) and finished ones, and no selector matches those", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("ports: [{ port: 80 }]", "service-port")]
    [DataRow("ports: [{ port: 80 }, { port: 9090 }]", "service-port")]
    [DataRow("ports: [{ port: 8080 }]", "")]
    [DataRow("ports: [{ port: 80, endPort: 90 }]", "")]
    [DataRow("ports: [{ port: 80, protocol: UDP }]", "")]
    [DataRow("from: [{ ipBlock: { cidr: 203.0.113.0/24 } }]", "client-address-lost")]
    [DataRow("from: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: http }]", "client-address-lost")]
    [DataRow("from: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 9999, protocol: UDP }]", "")]
    [DataRow("from: [{ ipBlock: { cidr: 0.0.0.0/0 } }]", "")]
    [DataRow("from: [{ ipBlock: { cidr: 10.96.0.11/32 } }]", "service-address, client-address-lost")]
    public void A_mistake_about_a_Service_is_found_and_an_intended_form_is_not(string rule, string codes) =>
        Assert.AreEqual(codes, Codes(Policy("shop", "app: web", $"{{ {rule} }}", null)));

    [TestMethod]
    [DataRow("{ to: [{ namespaceSelector: { matchLabels: { team: data } } }], ports: [{ port: 5432 }] }", "egress-without-dns")]
    [DataRow("{ ports: [{ port: 443 }] }", "egress-without-dns")]
    [DataRow("{ to: [{ namespaceSelector: { matchLabels: { team: data } } }], ports: [{ port: 5432 }] }, " + Dns, "")]
    [DataRow("{ to: [{ namespaceSelector: { matchLabels: { team: data } } }] }, { ports: [{ port: 53, protocol: UDP }] }", "")]
    [DataRow("{ to: [{ namespaceSelector: {} }] }", "")]
    [DataRow("{}", "")]
    [DataRow("{ to: [{ ipBlock: { cidr: 192.0.2.7/32 } }], ports: [{ port: 443 }] }", "")]
    [DataRow("{ to: [{ ipBlock: { cidr: 10.96.0.11/32 } }], ports: [{ port: 5432 }] }", "service-address")]
    [DataRow("{ to: [{ ipBlock: { cidr: 10.96.0.0/16 } }], ports: [{ port: 5432 }] }", "service-address")]
    [DataRow("{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }], ports: [{ port: 5432 }] }", "")]
    [DataRow("{ to: [{ namespaceSelector: { matchLabels: { team: data } } }], ports: [{ port: sqll }] }, " + Dns, "unknown-named-port")]
    [DataRow("{ to: [{ namespaceSelector: { matchLabels: { team: data } } }, { ipBlock: { cidr: 192.0.2.7/32 } }], ports: [{ port: sqll }] }, " + Dns, "")]
    public void A_mistake_of_egress_rules_is_found_and_an_intended_form_is_not(string rules, string codes) =>
        Assert.AreEqual(codes, Codes(Policy("shop", "app: web", null, rules)));

    [TestMethod]
    public void Another_policy_of_the_same_pods_may_allow_name_servers()
    {
        var call = Policy("shop", "app: web", null, "{ ports: [{ port: 443 }] }");

        Assert.AreEqual("", Codes(call + Policy("shop", "", null, Dns, "dns")));
        Assert.AreEqual("egress-without-dns", Codes(call + Policy("shop", "app: other", null, Dns, "dns")), "of other pods");
        Assert.AreEqual("egress-without-dns", Codes(call + Policy("data", "", null, Dns, "dns")), "of another namespace");
    }

    [TestMethod]
    public void Without_pods_only_lints_of_policies_run()
    {
        const string MetadataName = "kubernetes.io/metadata.name";
        var policies = Policy("shop", "app: web", $"{{ from: [{{ namespaceSelector: {{ matchLabels: {{ {MetadataName}: ingress-nginx }} }} }}, {{ podSelector: {{ matchLabels: {{ app: a }} }} }}], ports: [{{ port: htttp }}] }}, {{ from: [] }}", "{ ports: [{ port: 443 }] }");
        var report = Lint(policies);

        Assert.AreEqual("egress-without-dns, empty-peers", string.Join(", ", report.Diagnostics.Select(d => d.Code)));
        CollectionAssert.IsSubsetOf((string[])["and-written-as-or", "unknown-named-port", "service-port", "peer-selects-no-namespace"], report.NotChecked.Select(l => l.Code).ToArray());
        Assert.IsEmpty(Lint(Cluster + policies).NotChecked);
        Assert.AreEqual("", string.Join(", ", Lint(policies.Replace("{ ports: [{ port: 443 }] }", "{ ports: [{ port: 443 }] }, " + Dns, StringComparison.Ordinal).Replace(", { from: [] }", "", StringComparison.Ordinal)).Diagnostics));
    }

    [TestMethod]
    [DataRow("{ namespaces: { matchLabels: { team: shop } } }", "")]
    [DataRow("{ namespaces: { matchLabels: { team: shopp } } }", "selects-no-namespace")]
    [DataRow("{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: exporter } } } }", "selects-host-network")]
    [DataRow("{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: none } } } }", "selects-no-pod")]
    public void ClusterNetworkPolicy_subject_without_pods_is_found(string subject, string codes) => Assert.AreEqual(codes, Codes($"""

        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: {"{ name: x }"}
        spec:
          tier: Admin
          priority: 1
          subject: {subject}
          egress: {"[{ action: Deny, to: [{ networks: [192.0.2.0/24, 198.51.100.0/24] }, { namespaces: { matchLabels: { team: data } } }] }]"}
        """));

    [TestMethod]
    public void Annotation_suppresses_warnings_about_its_object()
    {
        var policy = Policy("data", "app: db", "{ from: [] }", null);
        string Annotated(string codes) => policy.Replace("namespace: data", $"namespace: data, annotations: {{ netpol.io/ignore: \"{codes}\" }}", StringComparison.Ordinal);

        Assert.AreEqual("empty-peers", Codes(policy));
        Assert.AreEqual("", Codes(Annotated("empty-peers")));
        Assert.AreEqual("", Codes(Annotated("unused, empty-peers")));
        Assert.AreEqual("empty-peers", Codes(Annotated("empty-ports")));
        Assert.AreEqual("unknown-annotation", string.Join(", ", Load(Cluster + Annotated("empty-perrs")).Diagnostics.Select(d => d.Code)));
        StringAssert.Contains(Load(Cluster + Annotated("empty-perrs")).Diagnostics[0].Message, "did you mean empty-peers?", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_warning_names_the_line_of_the_item()
    {
        var found = Lint("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: x, namespace: shop }
            spec:
              podSelector: {}
              ingress:
                - from:
                    - namespaceSelector: {}
                    - podSelector:
                        matchLabels: { app: a }
                - from: []
            """).Diagnostics;

        Assert.AreEqual("-:9 spec.ingress[0].from[1], -:11 spec.ingress[1].from", string.Join(", ", found.Select(d => $"{d.Location} {d.Field}")));
    }

    private static string Policy(string space, string subject, string? ingress, string? egress, string name = "x") => $$"""

        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: {{name}}, namespace: {{space}} }
        spec:
          podSelector: { matchLabels: { {{subject}} } }
          policyTypes: [{{(ingress is null ? "" : "Ingress, ")}}{{(egress is null ? "" : "Egress")}}]
          {{(ingress is null ? "" : $"ingress: [{ingress}]")}}
          {{(egress is null ? "" : $"egress: [{egress}]")}}

        """;

    private static string Codes(string policies) => string.Join(", ", Lint(Cluster + policies).Diagnostics.Select(d => d.Code));

    private static LintReport Lint(string text) => PolicyLinter.Check(Load(text));

    private static LoadedManifests Load(string text)
    {
        var loaded = ManifestLoader.Load(["-"], new StringReader(text));
        Assert.IsFalse(loaded.HasErrors, string.Join('\n', loaded.Diagnostics));
        return loaded;
    }
}
