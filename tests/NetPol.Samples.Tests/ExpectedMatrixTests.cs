using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Samples;

namespace NetPol.Samples.Tests;

[TestClass]
public sealed class ExpectedMatrixTests
{
    private const string Good = """
        # who reaches whom
        port 80/TCP, ICMP
                  a b c
        a web/one - . X
        b web/two X - .
        c 192.0.2.1 . X -

        """;

    private static readonly ClusterSnapshot Cluster = ClusterSnapshot.Create(
        [], [Pod("one", "10.0.0.1", new ContainerPort("http", Protocol.Tcp, 80)), Pod("two", "10.0.0.2"), Finished("old", "10.0.0.3")], [], []);

    [TestMethod]
    public void Every_entry_becomes_a_connection_per_port()
    {
        var all = ExpectedMatrix.Parse(Good).In(Cluster).Select(c => $"{c.From} {c.To} {c.Connection} {c.Verdict}").ToArray();
        Assert.HasCount(12, all);
        CollectionAssert.Contains(all, "web/one web/two 10.0.0.1 -> 10.0.0.2 80/TCP Allow");
        CollectionAssert.Contains(all, "192.0.2.1 web/two 192.0.2.1 -> 10.0.0.2 ICMP Deny");
    }

    [TestMethod]
    public void A_pod_and_itself_may_be_asked_about()
    {
        var all = ExpectedMatrix.Parse(Good.Replace("a web/one -", "a web/one X", StringComparison.Ordinal)).In(Cluster);
        Assert.AreEqual(Verdict.Deny, all.First(c => c.Connection.Source == c.Connection.Destination).Verdict);
    }

    [TestMethod]
    public void Families_are_asked_one_by_one_when_the_grid_says_so()
    {
        var cluster = ClusterSnapshot.Create([], [Pod("both", "10.0.0.1,fd00::1"), Pod("six", "fd00::2")], [], []);
        var all = ExpectedMatrix.Parse("""
            port ICMP over IPv4
              a b
            a web/both - -
            b web/six - -

            port ICMP over IPv6
              a b
            a web/both - .
            b web/six X -
            """).In(cluster);
        Assert.AreEqual("fd00::1 -> fd00::2 ICMP", Assert.ContainsSingle(all.Where(c => c.Verdict == Verdict.Allow)).Connection.ToString());
        Assert.AreEqual(Protocol.IcmpV6, all[0].Connection.Protocol);
    }

    [TestMethod]
    public void Sample_states_what_loading_reports()
    {
        Assert.AreEqual("[a-fault, b-fault]", ExpectedMatrix.Parse($"reports b-fault, a-fault\n\n{Good}").Reports.ToString());
        Assert.IsTrue(ExpectedMatrix.Parse(Good).Reports.IsEmpty);
    }

    [TestMethod]
    [DataRow("port 80/TCP, ICMP", "port 80/XYZ", "is not a port", DisplayName = "unknown protocol")]
    [DataRow("port 80/TCP, ICMP", "port 65536/TCP", "is not a port", DisplayName = "port out of range")]
    [DataRow("port 80/TCP, ICMP", "port 80/TCP over IPX", "over IPv4 or over IPv6", DisplayName = "unknown family")]
    [DataRow("port 80/TCP, ICMP", "ports 80/TCP", "starts no grid", DisplayName = "unknown heading")]
    [DataRow("port 80/TCP, ICMP", "port ICMP", "80/TCP over IPv4, which web/one declares, has no grid", DisplayName = "declared port missing")]
    [DataRow("port 80/TCP, ICMP", "port 80/TCP, 80/TCP", "has a grid already", DisplayName = "port twice")]
    [DataRow("b web/two X", "c web/two X", "a row is \"b\"", DisplayName = "rows out of order")]
    [DataRow("b web/two X - .", "b web/two X -", "3 cells", DisplayName = "short row")]
    [DataRow("b web/two X - .", "b web/two X - ?", "is no cell", DisplayName = "unknown cell")]
    [DataRow("b web/two X - .", "b web/two X - -", "is a question", DisplayName = "question left out")]
    [DataRow("c 192.0.2.1 . X -", "c 192.0.2.1 . X X", "is no question", DisplayName = "two addresses")]
    [DataRow("b web/two", "b web/three", "no live pod of this cluster", DisplayName = "unknown pod")]
    [DataRow("c 192.0.2.1", "c web/old", "no live pod of this cluster", DisplayName = "finished pod")]
    [DataRow("b web/two", "b web/one", "has a row already", DisplayName = "row twice")]
    [DataRow("b web/two X - .", "b 10.0.0.9 X - -", "web/two has no row", DisplayName = "pod left out")]
    [DataRow("c 192.0.2.1 . X -", "c 192.0.2.1 . X -\nd x", "a row without a column", DisplayName = "row too many")]
    [DataRow("c 192.0.2.1 . X -", "", "ends too early", DisplayName = "row too few")]
    public void What_does_not_fit_is_refused(string good, string bad, string why)
    {
        var text = Good.Replace(good, bad, StringComparison.Ordinal);
        Assert.AreNotEqual(Good, text);
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => ExpectedMatrix.Parse(text).In(Cluster)).Message, why, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_file_without_grids_is_refused() =>
        Assert.ThrowsExactly<FormatException>(() => ExpectedMatrix.Parse("# nothing\n"));

    private static Pod Pod(string name, string addresses, params ContainerPort[] ports) => new(
        new("web", name), Labels.None, "node-1", addresses.Split(',').Select(IpAddress.Parse).ToValueArray(), ports.ToValueArray());

    private static Pod Finished(string name, string address) => Pod(name, address) with { Finished = true };
}
