using System.Security.Cryptography;
using System.Text;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Testing;
using static NetPol.Testing.Make;

namespace NetPol.Compiler.Tests;

/// <summary>
/// The texts whose hashes are ids, letter for letter: ids outlive a process and a version, and a renamed member of the code must not change them.
/// And the two networks whose 64-bit ids were one, which stopped every controller.
/// </summary>
[TestClass]
public sealed class ContentIdTests
{
    private const string OneNetwork = "fd00:a:1ea6:1c72:183d:1360:124a:1002/128";
    private const string OtherNetwork = "fd00:a:14b0:139d:1f9e:1a36:1fbc:1005/128";

    private static readonly PolicyId Policy = new(PolicyKind.NetworkPolicy, "shop", "db");

    [TestMethod]
    public void A_decision_hashes_all_that_it_says()
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
    public void A_decision_hashes_its_audit_whole_and_whether_it_is_logged()
    {
        const string audit = "decision\n6:egress\n4:deny\n14:network-policy\n-\n-\n-\n1:1\n13:NetworkPolicy\n4:shop\n2:db\n-\n-";
        AssertId(
            $"decision\n6:egress\n5:allow\n7:default\n-\n-\n-\n1:0\n{audit.Length}:{audit}\n6:logged",
            Decision.ByDefault(Direction.Egress).With(Decision.ByIsolation(Direction.Egress, [Policy]), true).Id);
    }

    [TestMethod]
    public void A_name_with_line_ends_is_not_two_fields()
    {
        var one = Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, "a\n1:0", []);
        var other = Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, "a", []);
        Assert.AreNotEqual(one.Id, other.Id);
        Assert.AreNotEqual(
            Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, "", []).Id, Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, Policy, 0, null, []).Id);
    }

    [TestMethod]
    public void A_profile_hashes_its_cells()
    {
        var id = Decision.ByDefault(Direction.Egress).Id;
        AssertId($"profile\n1:1\n1:6\n2:80\n2:90\n32:{id}\n32:{id}", new PortProfile([new(Protocol.Tcp, new(80, 90), id)], id).Id);
    }

    [TestMethod]
    [DataRow("network", "class\n23:1network 192.168.0.0/16")]
    [DataRow("except", "class\n38:1network 192.168.0.0/16-192.168.1.0/24")]
    [DataRow("pods", "class\n29:0&03:env,4:prod/&03:app,3:web")]
    [DataRow("namespace", "class\n13:0=1:b/&23:app")]
    [DataRow("long", null)]
    public void A_class_hashes_the_texts_of_its_traits(string peer, string text)
    {
        var value = new string('v', 300);
        var world = new World().Pod("a/pod", "10.0.0.1").Pod("b/web", "10.0.1.1", $"app={(peer is "long" ? value : "web")}", node: "node-2").Namespace("b", "env=prod").With(
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
            var trait = $"0=1:b/&03:app,300:{value}";
            var hashed = $"#{trait.Length}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(trait)))}";
            text = $"class\n{hashed.Length}:{hashed}";
        }
        var classes = PolicyCompiler.CompileNode(world.Snapshot, "node-1").Egress.Classes;
        Assert.IsTrue(classes.Any(c => string.Equals(c.ToString(), Hash(text), StringComparison.Ordinal)), $"{text} is none of {string.Join(", ", classes)}");
    }

    [TestMethod]
    public void Two_networks_whose_texts_begin_with_the_same_64_bits_of_hash_are_two_classes()
    {
        Assert.AreEqual(Hash($"1network {OneNetwork}")[..16], Hash($"1network {OtherNetwork}")[..16], "the collision itself");
        var judged = new Judged(new World().Pod("a/pod", "10.0.0.1,fd00:a::1").With(
            NetworkPolicy("a/p", egress: [Allow(Network(OneNetwork), "1/TCP"), Allow(Network(OtherNetwork), "2/TCP")])));
        var (one, other) = (OneNetwork[..^4], OtherNetwork[..^4]);
        judged.Allows("a/pod", one, "1/TCP");
        judged.Denies("a/pod", one, "2/TCP");
        judged.Denies("a/pod", other, "1/TCP");
        judged.Allows("a/pod", other, "2/TCP");
    }

    private static void AssertId<T>(string text, T id)
        where T : struct => Assert.AreEqual(Hash(text), id.ToString(), text);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
