using System.Globalization;
using System.Text.Json;

namespace NetPol.Cli.Tests.Diff;

[TestClass, TestCategory("Process")]
public sealed class DiffTests
{
    private const int Usage = 2;

    private static readonly string Small = NetPolProcess.Fixture("small");
    private static readonly string SmallCluster = Path.Combine(Small, "world.yaml");

    [TestMethod]
    public async Task Nothing_differs_from_itself()
    {
        var outcome = await NetPolProcess.RunAsync("diff", "--old", Small, "-f", Small);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        Assert.AreEqual("no connection opens or closes\n", outcome.Output);
    }

    [TestMethod]
    public async Task What_closes_is_reported_with_ports_and_policy_and_ends_with_1()
    {
        var outcome = await NetPolProcess.RunAsync("diff", "--old", SmallCluster, "-f", Small);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        Assert.AreEqual(
            """
            now closed to every address outside: shop/db
            closes
              - every port: every node, every address outside -> shop/db
                  now denied by ingress isolation of shop/db
              - every port but 5432/TCP: shop/web -> shop/db
                  now denied by ingress isolation of shop/db


            """,
            outcome.Output);
    }

    [TestMethod]
    public async Task A_deleted_policy_allows_what_it_denied()
    {
        var outcome = await NetPolProcess.RunAsync("diff", "--old", Small, "-f", Small, "--without", "netpol/shop/db");

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        StringAssert.StartsWith(outcome.Output, "now open to every address outside: shop/db\nopens\n  + every port: every node, every address outside -> shop/db\n      was denied by ingress isolation of shop/db\n");
        Assert.DoesNotContain("closes", outcome.Output);
        Assert.DoesNotContain("\e", outcome.Output);
    }

    [TestMethod]
    public async Task What_opens_to_or_closes_from_the_outside_is_the_headline_and_stands_before_exceptions()
    {
        var pods = string.Concat(new[] { "edge/proxy", "shop/web", "shop/db", "data/a", "teams/b", "audit/c", "cms/front" }.Select(p => p.Split('/')).Select(p =>
            $"apiVersion: v1\nkind: Pod\nmetadata: {{ name: {p[1]}, namespace: {p[0]}, labels: {{ app: {p[1]} }} }}\n---\n"));
        static string Policy(string ingress, string egress) =>
            $"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: front, namespace: cms }}\nspec: {{ podSelector: {{}}, policyTypes: [Ingress, Egress], ingress: {ingress}, egress: {egress} }}\n";
        using var closed = new TemporaryFile(pods + Policy("[{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: edge } } }] }]", "[]"));
        using var open = new TemporaryFile(pods + Policy("[{}]", "[{ to: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 443 }] }]"));

        var outcome = await NetPolProcess.RunAsync("diff", "--old", closed.Path, "-f", open.Path);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        Assert.StartsWith(
            "now open to every address outside: namespace cms\nnow allowed to connect to 203.0.113.0/24 outside: namespace cms\nopens\n", outcome.Output);
        Assert.Contains("  + every port: every node; every address outside; every pod but those of 2 namespaces cms, edge -> namespace cms\n", outcome.Output);

        var reverse = await NetPolProcess.RunAsync("diff", "--old", open.Path, "-f", closed.Path);

        Assert.AreEqual(1, reverse.ExitCode, reverse.Error);
        Assert.StartsWith(
            "now closed to every address outside: namespace cms\nno longer allowed to connect to 203.0.113.0/24 outside: namespace cms\ncloses\n", reverse.Output);
    }

    [TestMethod]
    public async Task What_opens_to_the_outside_stands_before_what_closes()
    {
        static string Cluster(string cidr) =>
            $$"""
            apiVersion: v1
            kind: Pod
            metadata: { name: front, namespace: cms }
            spec: { containers: [{ name: c }] }
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: front, namespace: cms }
            spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: {{cidr}} } }] }] }
            """;
        using var old = new TemporaryFile(Cluster("198.51.100.0/24"));
        using var now = new TemporaryFile(Cluster("203.0.113.0/24"));

        var outcome = await NetPolProcess.RunAsync("diff", "--old", old.Path, "-f", now.Path);

        Assert.StartsWith("now open to 203.0.113.0/24 outside: every pod\nnow closed to 198.51.100.0/24 outside: every pod\ncloses\n", outcome.Output);
    }

    [TestMethod]
    public async Task Who_else_decides_is_reported_on_request()
    {
        const string AllowAll = """
            apiVersion: policy.networking.k8s.io/v1alpha1
            kind: AdminNetworkPolicy
            metadata: { name: first }
            spec:
              priority: 1
              subject: { namespaces: {} }
              ingress: [{ action: Allow, from: [{ namespaces: {} }], ports: [{ portNumber: { protocol: TCP, port: 5432 } }] }]
            """;

        var unchanged = await NetPolProcess.RunAsync(AllowAll, ["diff", "--old", Small, "-f", Small, "-f", "-"]);
        var reported = await NetPolProcess.RunAsync(AllowAll, ["diff", "--old", Small, "-f", Small, "-f", "-", "--deciders"]);

        Assert.AreEqual(0, unchanged.ExitCode, unchanged.Output);
        StringAssert.Contains(
            reported.Output,
            "  ~ 5432/TCP: shop/web -> shop/db\n      was decided by NetworkPolicy shop/db ingress rule 0\n      now decided by AdminNetworkPolicy first ingress rule 0\n");
    }

    [TestMethod]
    public async Task New_and_deleted_pods_are_listed()
    {
        const string Another = """
            apiVersion: v1
            kind: Pod
            metadata: { name: api, namespace: shop }
            spec: { containers: [{ name: c }] }
            """;

        var come = await NetPolProcess.RunAsync(Another, ["diff", "--old", Small, "-f", Small, "-f", "-"]);
        var deleted = await NetPolProcess.RunAsync(Another, ["diff", "--old", Small, "--old", "-", "-f", Small]);

        Assert.AreEqual((1, "new pods: shop/api\nno connection opens or closes\n"), (come.ExitCode, come.Output));
        Assert.AreEqual((1, "deleted pods: shop/api\nno connection opens or closes\n"), (deleted.ExitCode, deleted.Output));
    }

    [TestMethod]
    public async Task Audited_policies_close_nothing_until_they_are_taken_as_enforced()
    {
        const string Audited = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: closed, namespace: shop, annotations: { netpol.io/mode: audit } }
            spec: { podSelector: {} }
            """;

        var audited = await NetPolProcess.RunAsync(Audited, ["diff", "--old", SmallCluster, "-f", SmallCluster, "-f", "-"]);
        var enforced = await NetPolProcess.RunAsync(Audited, ["diff", "--old", SmallCluster, "-f", SmallCluster, "-f", "-", "--enforce-audit"]);

        Assert.AreEqual(0, audited.ExitCode, audited.Error);
        Assert.AreEqual(1, enforced.ExitCode, enforced.Error);
        StringAssert.StartsWith(enforced.Output, "now closed to every address outside: every pod\ncloses\n");
    }

    [TestMethod]
    public async Task Json_has_every_key_in_every_row()
    {
        var outcome = await NetPolProcess.RunAsync("diff", "--old", SmallCluster, "-f", Small, "-o", "json");

        using var json = JsonDocument.Parse(outcome.Output);
        Assert.AreEqual("apiVersion kind changes addedPods removedPods movedPods addedNodes removedNodes", string.Join(' ', json.RootElement.EnumerateObject().Select(p => p.Name)));
        var row = json.RootElement.GetProperty("changes")[1];
        Assert.AreEqual(
            """{"change":"closed","scope":"other","family":null,"ports":[{"protocol":"TCP","first":0,"last":5431},{"protocol":"TCP","first":5433,"last":65535},{"protocol":"UDP","first":0,"last":65535},{"protocol":"SCTP","first":0,"last":65535}],"protocolsWithoutPorts":true,"each":[],"from":{"pods":{"allBut":false,"namespaces":[],"workloads":[{"namespace":"shop","name":"web","pods":1}]},"nodes":null,"outside":null},"to":{"pods":{"allBut":false,"namespaces":[],"workloads":[{"namespace":"shop","name":"db","pods":1}]},"nodes":null,"outside":null},"before":[],"after":[{"direction":"ingress","verdict":"deny","tier":"NetworkPolicy","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":["shop/db"]}]}""",
            JsonSerializer.Serialize(row));
    }

    [TestMethod]
    public async Task The_same_in_a_hundred_namespaces_is_one_row()
    {
        var (cluster, policies) = (new StringWriter(CultureInfo.InvariantCulture), new StringWriter(CultureInfo.InvariantCulture));
        for (var i = 0; i < 100; i++)
        {
            foreach (var app in new[] { "web", "db" })
                cluster.WriteLine($"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {app}, namespace: team-{i:D2} }}\nspec:\n  replicas: 2\n  selector: {{ matchLabels: {{ app: {app} }} }}\n  template: {{ metadata: {{ labels: {{ app: {app} }} }}, spec: {{ containers: [{{ name: c }}] }} }}");
            policies.WriteLine($"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: inside, namespace: team-{i:D2} }}\nspec: {{ podSelector: {{}}, ingress: [{{ from: [{{ podSelector: {{}} }}] }}] }}");
        }
        var folder = Directory.CreateTempSubdirectory("netpol-diff-");
        try
        {
            var (old, now) = (Path.Combine(folder.FullName, "world.yaml"), Path.Combine(folder.FullName, "policies.yaml"));
            await File.WriteAllTextAsync(old, cluster.ToString());
            await File.WriteAllTextAsync(now, policies.ToString());

            var outcome = await NetPolProcess.RunAsync("diff", "--old", old, "-f", old, "-f", now);

            Assert.AreEqual(
                """
                now closed to every address outside: every pod of the namespace in each of 100 namespaces
                closes
                  - every port: every pod of other namespaces, every node, every address outside -> every pod of the namespace
                      in each of 100 namespaces: team-00, team-01, team-02, team-03, team-04, team-05 and 94 others
                      now denied by ingress isolation of team-00/inside, team-01/inside, team-02/inside, team-03/inside, team-04/inside, team-05/inside and 94 others


                """,
                outcome.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    [DataRow("diff -f x", "no old state: name its files with --old, or a cluster with --kubeconfig")]
    [DataRow("diff", "nothing to compare with: name what is new with -f, or what is deleted with --without")]
    [DataRow("diff -f x --without web", "--without web: write networkpolicy/NAMESPACE/NAME")]
    [DataRow("diff -f x --without netpol/", "--without netpol/: write networkpolicy/NAMESPACE/NAME")]
    public async Task A_wrong_command_line_says_what_to_write_and_ends_with_2(string command, string message)
    {
        var outcome = await NetPolProcess.RunAsync(command.Split(' '));

        Assert.AreEqual(Usage, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Error, message);
    }

    [TestMethod]
    public async Task What_is_no_answer_ends_with_2()
    {
        var broken = await NetPolProcess.RunAsync("diff", "--old", Small, "-f", NetPolProcess.Fixture("broken"));
        var unreachable = await NetPolProcess.RunAsync("diff", "-f", Small, "--kubeconfig", Path.Combine(NetPolProcess.Fixture("."), "unreachable.kubeconfig"));
        var unknown = await NetPolProcess.RunAsync("diff", "--old", Small, "-f", Small, "--without", "netpol/shop/web");

        Assert.AreEqual(Usage, broken.ExitCode, broken.Output);
        StringAssert.Contains(broken.Error, "in the files: nothing was done");
        Assert.AreEqual((Usage, "netpol: the cluster cannot be reached: Connection refused\n"), (unreachable.ExitCode, unreachable.Error));
        Assert.AreEqual((Usage, "netpol: --without networkpolicy/shop/web: there is no such policy; write one of networkpolicy/shop/db\n"), (unknown.ExitCode, unknown.Error));
    }
}
