using System.Security.Cryptography;
using System.Text;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering.Tests;

/// <summary>The texts whose hashes are ids of series, letter for letter: counters in the kernel carry them from one version to the next.</summary>
[TestClass, TestCategory("Unit")]
public sealed class SeriesIdTests
{
    private static readonly Decision Audited = Decision.ByDefault(Direction.Egress).WithAudit(
        Decision.Restore(Direction.Egress, Verdict.Deny, Tier.NetworkPolicy, new(PolicyKind.NetworkPolicy, "shop", "db"), 2, "no", []), false);

    [TestMethod]
    [DataRow(SeriesLevel.Tier, 0, "series\n4:tier\n6:egress\n5:allow\n7:default\n0:\n0:\n0:\n0:\n0:")]
    [DataRow(SeriesLevel.Policy, 1, "series\n6:policy\n6:egress\n10:audit-deny\n14:network-policy\n13:NetworkPolicy\n4:shop\n2:db\n0:\n0:")]
    [DataRow(SeriesLevel.Rule, 1, "series\n4:rule\n6:egress\n10:audit-deny\n14:network-policy\n13:NetworkPolicy\n4:shop\n2:db\n1:2\n2:no")]
    public void A_series_hashes_its_labels(SeriesLevel level, int place, string text) =>
        Assert.AreEqual(Hash(text), CounterSeries.Create(Audited, level).ElementAt(place).Id.ToString(), text);

    /// <summary>The ids themselves.</summary>
    [TestMethod]
    public void Ids_are_the_same_in_every_version()
    {
        var isolated = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "db"), new(PolicyKind.NetworkPolicy, "shop", "web")]);
        var byRule = Decision.Restore(Direction.Ingress, Verdict.Deny, Tier.Admin, new(PolicyKind.ClusterNetworkPolicy, "", "lock"), 0, null, []);
        var series = from decision in new[] { Audited, isolated, byRule }
                     from level in Enum.GetValues<SeriesLevel>()
                     from each in CounterSeries.Create(decision, level)
                     select each.Id;
        const string expected = """
            efd3047e4bdc1d9fc400ca9b26e0eee5
            916d714335f97ad89ce752fdf37d02ef
            5c41e67aa966831a3d383dc2ee311f4d
            a810d894882c240e1c2441c6fcb9b4dd
            92d250bf416f0fcbc19128fb27f032dd
            498ee63745c0f37124b48b9987bd9692
            5055b4a7ac4e00b8e98bbdddc66944ac
            14af6c65b9bfd62fe2aeb6b65913ca04
            a518bf1f5627daf194b856a48e4355c4
            74f716a05d31911700e080cb75a1f9a2
            42ede93a99b721194b4b8f91a243fea8
            2ec8adf3220fc38c0a20dea8b0cc870d
            """;
        Assert.AreEqual(expected.ReplaceLineEndings("\n"), string.Join('\n', series));
        Assert.AreEqual("mu>Q+^nt5)8hVotxlMGZRID|w{BNF^-iIm6_+v_ABsul2`Ff1)8_29H/cc`,X|>Gzzm[^L/7EM9A0FaqRkrzAFmnBz)kzur0B:6s=MZPum]t\\ULhVs{\\oP`K", CounterTag.Create(Audited).ToString());
    }

    [TestMethod]
    public void A_label_has_the_hash_of_the_policies_that_it_does_not_name()
    {
        var decision = Decision.ByIsolation(Direction.Ingress, Enumerable.Range(0, 10).Select(i => new PolicyId(PolicyKind.NetworkPolicy, "a", $"p{i}")));
        Assert.AreEqual($"p0,p1,p2,p3,p4,p5,p6,p7,+2:{Hash("names\n2:p8\n2:p9")}", CounterSeries.Create(decision, SeriesLevel.Policy).Single().Policy);
    }

    [TestMethod]
    public void The_longest_tag_fits_beside_the_longest_comment()
    {
        // NFT_USERDATA_MAXLEN 256; each note has a type, a length and a zero at its end.
        const int max = 256 - 3 - 3 - CommentText.MaxBytes;
        var tag = CounterTag.Create(Audited);
        Assert.AreEqual(120, tag.ToString().Length);
        Assert.IsLessThanOrEqualTo(max, tag.ToString().Length);
        var read = CounterTag.Parse(tag.ToString());
        CollectionAssert.AreEqual(Enum.GetValues<SeriesLevel>().SelectMany(l => CounterSeries.Create(Audited, l)).Select(s => s.Id).ToArray(), read!.All.ToArray());
    }

    [TestMethod]
    public void A_tag_of_an_earlier_version_is_none() => Assert.IsNull(CounterTag.Parse(new string('a', 96)));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
