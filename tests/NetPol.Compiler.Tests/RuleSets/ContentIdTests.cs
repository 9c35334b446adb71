using System.Security.Cryptography;
using System.Text;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.RuleSets;

/// <summary>
/// The exact texts that ids hash. Ids outlive a process and a version, so a renamed member of the code must not change them. Also the two networks
/// whose 64-bit ids collided, which stopped every controller.
/// </summary>
[TestClass]
public sealed class ContentIdTests
{
    private const string OneNetwork = "fd00:a:1ea6:1c72:183d:1360:124a:1002/128";
    private const string OtherNetwork = "fd00:a:14b0:139d:1f9e:1a36:1fbc:1005/128";

    private static readonly PolicyId Policy = new(PolicyKind.NetworkPolicy, "shop", "db");

    [TestMethod]
    public void Decision_id_covers_every_field()
    {
        AssertId(
            "decision\n7:ingress\n5:allow\n5:admin\n18:AdminNetworkPolicy\n0:\n4:lock\n1:3\n5:no-db\n1:0\n-\n-",
            Decision.Restore(Direction.Ingress, Verdict.Allow, Tier.Admin, new(PolicyKind.AdminNetworkPolicy, "", "lock"), 3, "no-db", []).Id);
        AssertId(
            "decision\n6:egress\n4:deny\n14:network-policy\n-\n-\n-\n1:1\n13:NetworkPolicy\n4:shop\n2:db\n-\n-",
            Decision.ByIsolation(Direction.Egress, [Policy]).Id);
        AssertId("decision\n6:egress\n5:allow\n7:default\n-\n-\n-\n1:0\n-\n-", Decision.ByDefault(Direction.Egress).Id);
        AssertId(
            "decision\n6:egress\n4:deny\n8:baseline\n20:ClusterNetworkPolicy\n0:\n1:c\n1:0\n-\n1:0\n-\n-",
            Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Baseline, new(PolicyKind.ClusterNetworkPolicy, "", "c"), 0, null, []).Id);
        AssertId(
            "decision\n6:egress\n4:deny\n8:baseline\n26:BaselineAdminNetworkPolicy\n0:\n7:default\n1:0\n-\n1:0\n-\n-",
            Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Baseline, new(PolicyKind.BaselineAdminNetworkPolicy, "", "default"), 0, null, []).Id);
    }

    [TestMethod]
    public void Decision_id_covers_audit_and_logging()
    {
        const string audit = "decision\n6:egress\n4:deny\n14:network-policy\n-\n-\n-\n1:1\n13:NetworkPolicy\n4:shop\n2:db\n-\n-";
        AssertId(
            $"decision\n6:egress\n5:allow\n7:default\n-\n-\n-\n1:0\n{audit.Length}:{audit}\n6:logged",
            Decision.ByDefault(Direction.Egress).WithAudit(Decision.ByIsolation(Direction.Egress, [Policy]), true).Id);
    }

    [TestMethod]
    public void Name_with_line_breaks_stays_one_field()
    {
        var one = Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, "a\n1:0", []);
        var other = Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, "a", []);
        Assert.AreNotEqual(one.Id, other.Id);
        Assert.AreNotEqual(
            Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, "", []).Id, Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, null, []).Id);
    }

    [TestMethod]
    public void Port_policy_id_covers_its_entries()
    {
        var id = Decision.ByDefault(Direction.Egress).Id;
        AssertId($"profile\n1:1\n1:6\n2:80\n2:90\n32:{id}\n32:{id}", new PortPolicy([new(Protocol.Tcp, new(80, 90), id)], id).Id);
    }

    [TestMethod]
    [DataRow("network", "class\n23:1network 192.168.0.0/16")]
    [DataRow("except", "class\n38:1network 192.168.0.0/16-192.168.1.0/24")]
    [DataRow("pods", "class\n29:0&03:env,4:prod/&03:app,3:web")]
    [DataRow("namespace", "class\n13:0=1:b/&23:app")]
    [DataRow("long", null)]
    public void Peer_identity_covers_the_texts_of_its_matchers(string peer, string text)
    {
        var value = new string('v', 300);
        var cluster = new TestCluster().Pod("a/pod", "10.0.0.1").Pod("b/web", "10.0.1.1", $"app={(peer is "long" ? value : "web")}", node: "node-2").Namespace("b", "env=prod").WithPolicies(
            NetworkPolicy("a/p", egress: [Allow(peer switch
            {
                "network" => Network("192.168.0.0/16"),
                "except" => Network("192.168.0.0/16", "192.168.1.0/24"),
                "pods" => Pods("env=prod", "app=web"),
                "namespace" => PodsIn("b", "app"),
                _ => PodsIn("b", $"app={value}"),
            })]));
        if (peer is "long")
        {
            var matcher = $"0=1:b/&03:app,300:{value}";
            var hashed = $"#{matcher.Length}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(matcher)))}";
            text = $"class\n{hashed.Length}:{hashed}";
        }
        var identities = PolicyCompiler.CompileNode(cluster.Snapshot, "node-1").PodEgress.Identities;
        Assert.IsTrue(identities.Any(c => string.Equals(c.ToString(), Hash(text), StringComparison.Ordinal)), $"{text} is none of {string.Join(", ", identities)}");
    }

    [TestMethod]
    public void Networks_that_collide_in_64_bits_have_two_identities()
    {
        Assert.AreEqual(Hash($"1network {OneNetwork}")[..16], Hash($"1network {OtherNetwork}")[..16], "the collision itself");
        var evaluated = new EvaluatedTestCluster(new TestCluster().Pod("a/pod", "10.0.0.1,fd00:a::1").WithPolicies(
            NetworkPolicy("a/p", egress: [Allow(Network(OneNetwork), "1/TCP"), Allow(Network(OtherNetwork), "2/TCP")])));
        var (one, other) = (OneNetwork[..^4], OtherNetwork[..^4]);
        evaluated.Allows("a/pod", one, "1/TCP");
        evaluated.Denies("a/pod", one, "2/TCP");
        evaluated.Denies("a/pod", other, "1/TCP");
        evaluated.Allows("a/pod", other, "2/TCP");
    }

    /// <summary>The ids. An agent compares them with those in the kernel, which another version may have written.</summary>
    [TestMethod]
    public void Ids_are_the_same_in_every_version()
    {
        var cluster = new TestCluster().Node("node-1", "172.18.0.2", "zone=a").Namespace("shop", "env=prod")
            .Pod("shop/db", "10.0.0.1", "app=db", "sql=5432/TCP").Pod("shop/web", "10.0.1.1", "app=web", "http=80/TCP", node: "node-2").WithPolicies(
                NetworkPolicy("shop/p", egress:
                [
                    Allow(Network("192.168.0.0/16", "192.168.1.0/24"), "443/TCP"), Allow(Network("192.168.0.0/17"), "80/TCP"), Allow(Network("192.168.64.0/18"), "1-9/UDP"),
                    Allow(Pods("env=prod", "app=web"), "http/TCP"),
                ]),
                Admin("a", 1, InNamespaces("env in (prod;test)"), ingress: [Deny(Pods("env notin (prod)", "!app")), Pass(Pods())], egress: [Allow(Nodes("zone=a"), "53/UDP")]),
                NetPol.Testing.Clusters.Make.Cluster("c", Tier.Admin, 2, InNamespaces(), egress: [Deny(Nodes())]),
                Baseline(InNamespaces(), ingress: [Deny(Pods())]));
        var rules = PolicyCompiler.CompileNode(cluster.Snapshot, "node-1");
        string[] ids =
        [
            .. rules.Decisions.Select(d => $"{d.Id} {d}"), .. rules.PortPolicies.Select(p => $"{p.Id} ports"), .. rules.PodEgress.Identities.Select(c => $"{c} egress"),
            .. rules.PodIngress.Identities.Select(c => $"{c} ingress"), .. rules.PodToHost.Identities.Select(c => $"{c} to the node"),
        ];
        const string expected = """
            086b2fd8ab6bc999058c95646c9842e9 allow by AdminNetworkPolicy a rule 0
            1b8035369d48cacd9f3e8a8b7fb83208 allow by default
            3ccd4af212b280a45d287e6804797471 allow by NetworkPolicy shop/p rule 1
            7cf928edcb08f9151013dbf48341aea2 deny by BaselineAdminNetworkPolicy default rule 0
            a2b145c01150bb12e4bbce03cea7780d deny by ClusterNetworkPolicy c rule 0
            a5815872772ec5bcd53981b58290a464 allow by default
            a7959a4bcf791c438f6664ccb9c43b0b allow by NetworkPolicy shop/p rule 2
            e2402fbd2c24d6ba036744df87f0dd54 deny by isolation of shop/p
            e261f6d0427356871845493cb28a7eab allow by NetworkPolicy shop/p rule 3
            e67ff5271308ca6bf84286a5bfed194e allow by NetworkPolicy shop/p rule 0
            08c33e48bdc9c7f7a2ce9f3b07f283ee ports
            15b8ad1adbce6c789ce92eae011143dc ports
            223b3840d31e794b1ea09ce8e87d8ba9 ports
            25d2ed0815528addee848161efc13ef2 ports
            6bb26666a6ae4ec42ae083b5ef6351cf ports
            a278049459c6d5cb5942f10ee207c954 ports
            a41f6f773b8ac8efd6f6d9082cac7f07 ports
            ab5fbba41fd2b171239db1202695e204 ports
            becc52a5e6ad5f4748d8418baed82d3d ports
            c7469b18c9ecdcec289528c325024c65 ports
            e11abc3ec6e54d54361b3f1da664b136 ports
            05a720386b630f16ccdec82c7add3de9 egress
            146c1b4b7c5814851cbd5a5af3e271ea egress
            490b10d4c65a1e09628cc78cd778c777 egress
            751266ab09a6264c3ec3ccd3e49c0c60 egress
            dfa6ea00b1fe2e5173a2e138f7208168 egress
            ed271fea8a36706f536d62cbcd5f44ee egress
            7c0947b1fe90e75d2415acc3688e0abb ingress
            b57e1b2bb12b425013cd1932e0d3b4a2 to the node
            ed271fea8a36706f536d62cbcd5f44ee to the node
            """;
        Assert.AreEqual(expected.ReplaceLineEndings("\n"), string.Join('\n', ids));
    }

    private static void AssertId<T>(string text, T id)
        where T : struct => Assert.AreEqual(Hash(text), id.ToString(), text);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
