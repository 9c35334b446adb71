using System.Text.Json;

namespace NetPol.Cli.Tests;

[TestClass, TestCategory("Process")]
public sealed class CommandOutputTests
{
    private static readonly string Small = NetPolProcess.Fixture("small");

    [TestMethod]
    public async Task Check_counts_what_it_read_and_what_it_passed_over()
    {
        var outcome = await NetPolProcess.RunAsync("check", "-f", Small);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        Assert.AreEqual("1 policy, 1 namespace, 3 pods, 0 nodes\nskipped: 1 Service\nno errors, no warnings\n", outcome.Output);
    }

    [TestMethod]
    public async Task Check_names_file_line_object_and_field_and_ends_with_1()
    {
        var file = Path.Combine(NetPolProcess.Fixture("broken"), "policies.yaml");

        var outcome = await NetPolProcess.RunAsync("check", "-f", file);

        Assert.AreEqual(1, outcome.ExitCode);
        StringAssert.Contains(outcome.Output, $"{file}:7: NetworkPolicy shop/db: spec.ingress[0].from[0].ipBlock.cidr: ");
    }

    [TestMethod]
    [DataRow("matrix")]
    [DataRow("rules")]
    [DataRow("render --node node-1")]
    [DataRow("explain --from shop/web --to shop/db --port 80/TCP")]
    public async Task Files_with_errors_are_refused(string command)
    {
        var outcome = await NetPolProcess.RunAsync([.. command.Split(' '), "-f", NetPolProcess.Fixture("broken")]);

        Assert.AreEqual(2, outcome.ExitCode);
        Assert.AreEqual("", outcome.Output);
        StringAssert.Contains(outcome.Error, "ipBlock.cidr: ");
        StringAssert.Contains(outcome.Error, "in the files: nothing was done");
    }

    [TestMethod]
    public async Task Matrix_says_where_the_other_address_family_gives_another_verdict()
    {
        const string Cluster = """
            apiVersion: v1
            kind: Pod
            metadata: { name: client, namespace: default }
            spec: { containers: [{ name: c }] }
            status: { podIPs: [{ ip: 10.0.0.1 }, { ip: "fd00::1" }] }
            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: server, namespace: default, labels: { app: server } }
            spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }] }
            status: { podIPs: [{ ip: 10.0.0.2 }, { ip: "fd00::2" }] }
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: { name: ipv4, namespace: default }
            spec:
              podSelector: { matchLabels: { app: server } }
              ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]
            """;

        var outcome = await NetPolProcess.RunAsync(Cluster, ["matrix", "-f", "-"]);

        Assert.AreEqual(
            "note: default/client -> default/server 80/TCP: between fd00::1 and fd00::2 the verdict is deny: ask explain for these addresses to see why\n",
            string.Concat(outcome.Error.Split('\n').Where(line => line.StartsWith("note: ", StringComparison.Ordinal)).Select(line => $"{line}\n")));
    }

    [TestMethod]
    public async Task Matrix_draws_one_grid_a_port_without_colors_when_redirected()
    {
        var outcome = await NetPolProcess.RunAsync("matrix", "-f", Small);

        Assert.AreEqual(
            """
            80/TCP      1  2
             1 shop/db  ·  ✓
             2 shop/web ›✗ ·

            5432/TCP    1  2
             1 shop/db  ·  ✓
             2 shop/web ✓  ·

            ✓ allowed   ✗› denied by the source's egress   ›✗ denied by the destination's ingress   ✗✗ denied by both
            4 connections: 3 allowed, 1 denied

            """,
            outcome.Output);
        StringAssert.Contains(outcome.Error, "left out 1 pod that is in the network of its node");
    }

    [TestMethod]
    public async Task Matrix_json_has_every_key_in_every_entry()
    {
        var outcome = await NetPolProcess.RunAsync("matrix", "-f", Small, "-p", "5432", "-p", "icmp", "-o", "json");

        Assert.AreEqual(
            """
            {
              "apiVersion": "cli.netpol.io/v1",
              "kind": "ConnectivityMatrix",
              "items": [
                {"from":"shop/db","to":"shop/web","protocol":"TCP","port":5432,"verdict":"allow","egress":{"verdict":"allow","tier":"Default","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":[]},"ingress":{"verdict":"allow","tier":"Default","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":[]}},
                {"from":"shop/db","to":"shop/web","protocol":"ICMP","port":0,"verdict":"allow","egress":{"verdict":"allow","tier":"Default","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":[]},"ingress":{"verdict":"allow","tier":"Default","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":[]}},
                {"from":"shop/web","to":"shop/db","protocol":"TCP","port":5432,"verdict":"allow","egress":{"verdict":"allow","tier":"Default","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":[]},"ingress":{"verdict":"allow","tier":"NetworkPolicy","kind":"NetworkPolicy","policy":"shop/db","rule":0,"ruleName":null,"isolatedBy":[]}},
                {"from":"shop/web","to":"shop/db","protocol":"ICMP","port":0,"verdict":"deny","egress":{"verdict":"allow","tier":"Default","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":[]},"ingress":{"verdict":"deny","tier":"NetworkPolicy","kind":null,"policy":null,"rule":null,"ruleName":null,"isolatedBy":["shop/db"]}}
              ]
            }

            """,
            outcome.Output);
    }

    [TestMethod]
    public async Task An_address_is_a_row_and_a_column()
    {
        var outcome = await NetPolProcess.RunAsync("matrix", "-f", Small, "-p", "5432/TCP", "-a", "192.0.2.7", "-o", "json");

        using var json = JsonDocument.Parse(outcome.Output);
        var pairs = json.RootElement.GetProperty("items").EnumerateArray().Select(e => $"{e.GetProperty("from")} {e.GetProperty("to")} {e.GetProperty("verdict")}").ToList();
        CollectionAssert.Contains(pairs, "192.0.2.7 shop/db deny");
        CollectionAssert.Contains(pairs, "shop/db 192.0.2.7 allow");
        Assert.HasCount(6, pairs);
    }

    [TestMethod]
    public async Task Html_is_one_page_that_loads_nothing()
    {
        var page = (await NetPolProcess.RunAsync("matrix", "-f", Small, "-o", "html")).Output;

        StringAssert.StartsWith(page, "<!doctype html>");
        StringAssert.Contains(page, "isolated by NetworkPolicy shop/db, and no rule allows it");
        Assert.DoesNotContain("http://", page);
        Assert.DoesNotContain("https://", page);
        Assert.DoesNotContain("{{data}}", page);
    }

    [TestMethod]
    public async Task Explain_names_the_rule_and_the_tier()
    {
        var outcome = await NetPolProcess.RunAsync("explain", "-f", Small, "--from", "shop/web", "--to", "shop/db", "--port", "5432/TCP");

        StringAssert.StartsWith(outcome.Output, "shop/web (10.244.0.3) -> shop/db (10.244.0.2) 5432/TCP: allowed\n");
        StringAssert.Contains(outcome.Output, "ingress of shop/db: allowed by NetworkPolicy shop/db rule 0\n");
        Assert.DoesNotContain("\e", outcome.Output);
    }

    [TestMethod]
    public async Task Explain_json_has_every_tier()
    {
        var outcome = await NetPolProcess.RunAsync("explain", "-f", Small, "--from", "shop/web", "--to", "shop/db", "--port", "80", "-o", "json");

        using var json = JsonDocument.Parse(outcome.Output);
        var ingress = json.RootElement.GetProperty("ingress");
        Assert.AreEqual("deny", json.RootElement.GetProperty("verdict").GetString());
        Assert.AreEqual(
            "Admin noPolicies, NetworkPolicy isolated, Baseline noPolicies",
            string.Join(", ", ingress.GetProperty("tiers").EnumerateArray().Select(t => $"{t.GetProperty("tier")} {t.GetProperty("outcome")}")));
    }

    [TestMethod]
    public async Task An_unknown_pod_or_node_is_answered_with_the_known_ones()
    {
        var pod = await NetPolProcess.RunAsync("explain", "-f", Small, "--from", "shop/wep", "--to", "shop/db", "--port", "80");
        var node = await NetPolProcess.RunAsync("render", "-f", Small, "--node", "node-9");

        Assert.AreEqual(2, pod.ExitCode);
        StringAssert.Contains(pod.Error, "--from shop/wep: there is no such pod; write namespace/pod, such as shop/agent, shop/db, shop/web");
        Assert.AreEqual(2, node.ExitCode);
        StringAssert.Contains(node.Error, "--node node-9: there is no such node; write one of node-1, node-2");
    }

    [TestMethod]
    public async Task Rules_are_written_subject_by_subject()
    {
        var outcome = await NetPolProcess.RunAsync("rules", "-f", Small, "--node", "node-2");

        Assert.AreEqual(
            """
            node node-2 (172.18.0.3)

              ingress
                subject shop/db (10.244.0.2)
                  from shop/web (10.244.0.3)
                    5432/TCP         allow by NetworkPolicy shop/db rule 0
                    all other ports  deny by isolation of shop/db
                  from itself
                    all ports  allow by default
                  default, from all other peers
                    all ports  deny by isolation of shop/db

            """,
            outcome.Output);
    }

    [TestMethod]
    public async Task Render_writes_a_table_that_names_the_policy()
    {
        var outcome = await NetPolProcess.RunAsync("render", "-f", Small, "--node", "node-2");

        StringAssert.StartsWith(outcome.Output, "table inet netpol {\n");
        StringAssert.Contains(outcome.Output, "ingress: allow by NetworkPolicy shop/db rule 0");
    }

    [TestMethod]
    public async Task Standard_input_is_a_file_called_dash()
    {
        var outcome = await NetPolProcess.RunAsync("kind: NetworkPolicy\napiVersion: networking.k8s.io/v1\nmetadata: {name: a, namespace: b}\nspec: 3\n", ["check", "-f", "-"]);

        Assert.AreEqual(1, outcome.ExitCode);
        StringAssert.Contains(outcome.Output, "-:4: NetworkPolicy b/a: spec: ");
    }
}
