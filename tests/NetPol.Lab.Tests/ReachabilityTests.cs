using NetPol.Lab.Probes;

namespace NetPol.Lab.Tests;

[TestClass]
public sealed class ReachabilityTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(Model.Net.Protocol.Tcp)]
    [DataRow(Model.Net.Protocol.Udp)]
    [DataRow(Model.Net.Protocol.Sctp)]
    [DataRow(Model.Net.Protocol.Icmp)]
    public async Task Without_rules_every_pod_reaches_every_pod_in_both_families(Model.Net.Protocol protocol)
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        var port = (ushort)(protocol == Model.Net.Protocol.Icmp ? 0 : 5432);

        var matrix = await ProbeAsync(lab, LabFactory.Pairs(LabFactory.TwoNodes).Select(pair => new Probe(pair.From, pair.To, protocol, port, ExpectAllow: true)));

        AssertAgrees(matrix);
        Assert.HasCount((7 * 6) + (6 * 5), matrix.Observations);
        Assert.IsTrue(matrix.Observations.All(seen => seen.Outcome == ProbeOutcome.Answered));
    }

    [TestMethod]
    public async Task Listeners_answer_with_the_name_of_the_pod_the_node_or_the_outside_address()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        var matrix = await ProbeAsync(
            lab,
            from to in (string[])["172.20.9.9", "10.1.0.6", "192.168.7.2", "203.0.113.7"]
            from protocol in (Model.Net.Protocol[])[Model.Net.Protocol.Tcp, Model.Net.Protocol.Udp, Model.Net.Protocol.Sctp]
            select LabFactory.Tcp("10.1.0.5", to, expectAllow: true) with { Protocol = protocol });

        string[] expected = ["shop/api", "data/db", "two", "203.0.113.7"];
        CollectionAssert.AreEqual(
            expected.SelectMany(name => Enumerable.Repeat(name, 3)).ToList(),
            matrix.Observations.Select(seen => seen.AnsweredBy).ToList());
    }

    [TestMethod]
    public async Task A_dropped_pair_is_silent_and_no_other_is()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        LabFactory.Forward(lab.Node("two"), "ip saddr 10.1.0.5 ip daddr 10.1.0.6 tcp dport 5432 drop");

        var matrix = await ProbeAsync(lab, LabFactory.Pairs(LabFactory.TwoNodes).Select(pair => new Probe(pair.From, pair.To, Model.Net.Protocol.Tcp, 5432, ExpectAllow: true)));

        var mismatch = matrix.Mismatches.Single();
        Assert.AreEqual(LabFactory.Tcp("10.1.0.5", "10.1.0.6", expectAllow: true, port: 5432), mismatch.Probe);
        Assert.AreEqual(ProbeOutcome.NoAnswer, mismatch.Outcome);
    }

    [TestMethod]
    public async Task A_drop_of_one_protocol_leaves_the_others()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        LabFactory.Forward(lab.Node("one"), "ip6 daddr fd10::6 meta l4proto { udp, sctp, ipv6-icmp } drop");

        var matrix = await ProbeAsync(
            lab,
            ((Model.Net.Protocol[])[Model.Net.Protocol.Tcp, Model.Net.Protocol.Udp, Model.Net.Protocol.Sctp, Model.Net.Protocol.IcmpV6]).Select(protocol => LabFactory.Tcp("fd10::5", "fd10::6") with
            {
                Protocol = protocol,
                ExpectAllow = protocol == Model.Net.Protocol.Tcp,
            }));

        AssertAgrees(matrix);
    }

    [TestMethod]
    public async Task A_reset_is_a_passage_and_an_unreachable_is_neither_passage_nor_drop()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        LabFactory.Forward(lab.Node("one"), "tcp dport 8080 reject with tcp reset; udp dport 8080 reject with icmpx admin-prohibited");

        var matrix = await ProbeAsync(
            lab, [LabFactory.Tcp("10.1.0.5", "10.1.0.6", expectAllow: true), LabFactory.Tcp("10.1.0.5", "10.1.0.6", expectAllow: false) with { Protocol = Model.Net.Protocol.Udp }]);

        Assert.AreEqual(ProbeOutcome.Refused, matrix.Observations[0].Outcome);
        Assert.IsTrue(matrix.Observations[0].Allowed);
        Assert.AreEqual(ProbeOutcome.Unreachable, matrix.Observations[1].Outcome);
        Assert.IsNull(matrix.Observations[1].Allowed);
        Assert.AreEqual(matrix.Observations[1], matrix.Mismatches.Single());
    }

    [TestMethod]
    public async Task An_answer_from_somebody_else_is_no_passage()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        lab.Listen([(LabFactory.Addresses("172.20.9.9")[0], new LabPort(Model.Net.Protocol.Tcp, 8080))]);
        LabFactory.Nft(lab.Node("one"), "table ip t { chain pre { type nat hook prerouting priority dstnat; ip daddr 10.1.0.6 dnat to 172.20.9.9; }; }");

        var matrix = await ProbeAsync(lab, [LabFactory.Tcp("10.1.0.5", "10.1.0.6", expectAllow: true)]);

        Assert.AreEqual(ProbeOutcome.Misdirected, matrix.Mismatches.Single().Outcome);
        Assert.AreEqual("shop/api", matrix.Mismatches.Single().AnsweredBy);
    }

    [TestMethod]
    public async Task Silence_is_asked_about_again_only_where_it_is_not_expected()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        var deaf = ProbeOptions.Default with { Silence = TimeSpan.Zero };

        var matrix = await new Prober(lab).ProbeAsync(
            [
                LabFactory.Tcp("10.1.0.5", "10.1.0.6", expectAllow: true) with { Protocol = Model.Net.Protocol.Icmp, Port = 0 },
                LabFactory.Tcp("10.1.0.5", "10.1.0.6") with { Protocol = Model.Net.Protocol.Udp },
                LabFactory.Tcp("10.1.0.5", "10.1.0.6", expectAllow: false) with { Protocol = Model.Net.Protocol.Udp },
            ],
            deaf,
            progress: null,
            TestContext.CancellationToken);

        CollectionAssert.AreEqual(
            new[] { ProbeOutcome.Answered, ProbeOutcome.Answered, ProbeOutcome.NoAnswer },
            matrix.Observations.Select(seen => seen.Outcome).ToArray());
    }

    [TestMethod]
    public async Task What_stays_within_one_namespace_never_left_and_agrees_with_anything()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        var matrix = await ProbeAsync(lab, [LabFactory.Tcp("10.1.0.5", "10.1.0.5", expectAllow: false)]);

        Assert.AreEqual(ProbeOutcome.NotSent, matrix.Observations.Single().Outcome);
        Assert.IsTrue(matrix.Agrees);
    }

    [TestMethod]
    public async Task Unassigned_addresses_and_mixed_families_are_rejected()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        await Assert.ThrowsExactlyAsync<LabException>(() => ProbeAsync(lab, [LabFactory.Tcp("10.1.0.5", "10.1.0.99")]));
        await Assert.ThrowsExactlyAsync<LabException>(() => ProbeAsync(lab, [LabFactory.Tcp("10.1.0.5", "fd10::6")]));
    }

    [TestMethod]
    public async Task Forty_pods_on_four_nodes_are_probed_in_all_pairs()
    {
        var topology = new LabTopology(
            [.. Enumerable.Range(0, 4).Select(node => new LabNodeSpec($"n{node}", LabFactory.Addresses($"192.168.0.{node + 1}")))],
            [.. Enumerable.Range(0, 40).Select(pod => new LabPodSpec($"ns/p{pod}", $"n{pod % 4}", LabFactory.Addresses($"10.0.{pod % 4}.{pod + 1}"), []))],
            []);
        using var lab = LabFactory.Create(topology);
        LabFactory.Forward(lab.Node("n0"), "ip daddr 10.0.0.1 drop");

        var matrix = await ProbeAsync(
            lab,
            from pair in LabFactory.Pairs(topology)
            let own = pair.From.Equals(topology.Nodes[0].Addresses[0])
            select new Probe(pair.From, pair.To, Model.Net.Protocol.Tcp, 80, own || !pair.To.Equals(topology.Pods[0].Addresses[0])));

        AssertAgrees(matrix);
        Assert.AreEqual(42, matrix.Observations.Count(seen => seen.Outcome == ProbeOutcome.NoAnswer));
    }

    private static void AssertAgrees(ReachabilityMatrix matrix) =>
        Assert.IsTrue(matrix.Agrees, string.Join('\n', matrix.Mismatches.Take(10)));

    private Task<ReachabilityMatrix> ProbeAsync(LabNetwork lab, IEnumerable<Probe> probes) =>
        new Prober(lab).ProbeAsync([.. probes], options: null, progress: null, TestContext.CancellationToken);
}
