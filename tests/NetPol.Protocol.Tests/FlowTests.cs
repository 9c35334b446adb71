using System.Text;
using Google.Protobuf;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;
using NetPol.Protocol.RuleSets;

namespace NetPol.Protocol.Tests;

/// <summary>Flow records on the wire, for programs and for people.</summary>
[TestClass]
public sealed class FlowTests
{
    private static readonly PolicyId Isolating = new(PolicyKind.NetworkPolicy, "shop", "db-from-api");

    private static readonly FlowRecord Denied = new()
    {
        FirstPacketAt = new(2026, 1, 2, 12, 3, 4, 500, TimeSpan.Zero),
        LastPacketAt = new(2026, 1, 2, 12, 3, 7, TimeSpan.Zero),
        Node = "n1",
        Decision = Decision.ByIsolation(Direction.Ingress, [Isolating]),
        Source = new(IpAddress.Parse("10.0.0.1"), null, AddressOwner.OfPod(new("shop", "web-1"), Labels.Create(("app", "web")))),
        Destination = new(IpAddress.Parse("10.0.0.2"), 5432, AddressOwner.OfPod(new("shop", "db-0"), Labels.None)),
        Protocol = 6,
        Count = 3,
    };

    private static readonly FlowRecord Pinged = new()
    {
        FirstPacketAt = Denied.FirstPacketAt,
        LastPacketAt = Denied.FirstPacketAt,
        Node = "n1",
        Decision = Decision.Restore(Direction.Egress, Verdict.Allow, Tier.Admin, new(PolicyKind.ClusterNetworkPolicy, "", "lock \"down\""), 2, "no-db", []),
        IsAudited = true,
        Source = new(IpAddress.Parse("fd00::1"), null),
        Destination = new(IpAddress.Parse("fd00::2"), null, AddressOwner.OfNode("n2")),
        Protocol = 58,
        IcmpType = 128,
        Count = 1,
    };

    [TestMethod]
    public void A_batch_that_goes_on_the_wire_comes_off_it()
    {
        var read = FlowConversion.Read(Wire.FlowBatch.Parser.ParseFrom(FlowConversion.Write(new FlowBatch([Denied, Pinged], 7)).ToByteArray()));
        Assert.AreEqual(7, read.Lost);
        CollectionAssert.AreEqual(new[] { Denied, Pinged }, read.Records.ToArray());
    }

    [TestMethod]
    public void Batch_is_split_into_messages_within_the_limit()
    {
        var labels = Labels.Create([.. Enumerable.Range(0, 100).Select(i => ($"label-{i}", new string('x', 60)))]);
        var labeled = Denied with { Source = Denied.Source with { Owner = AddressOwner.OfPod(new("shop", "web-1"), labels) } };
        var most = Denied with { Source = Denied.Source with { Owner = AddressOwner.OfPod(new("shop", "web-1"), Labels.Create(("huge", new string('x', 8 << 20)))) } };
        var records = Enumerable.Repeat(labeled, 500).Append(most).ToList();
        var messages = FlowConversion.Split(new FlowBatch(records, 7)).ToList();
        Assert.IsTrue(messages.TrueForAll(m => m.CalculateSize() < UpdateLimits.MaxPartBytes + 1024));
        var read = messages.Select(FlowConversion.Read).ToList();
        Assert.AreEqual(7, read.Sum(b => b.Lost));
        CollectionAssert.AreEqual(
            records.SkipLast(1).Append(Denied with { Source = Denied.Source with { Owner = AddressOwner.OfPod(new("shop", "web-1"), Labels.None) } }).ToList(),
            read.SelectMany(b => b.Records).ToList());
        Assert.HasCount(1, FlowConversion.Split(new FlowBatch([], 0)));
    }

    [TestMethod]
    public void Who_is_not_known_has_a_place_among_the_owners()
    {
        AddressOwner?[] owners = [Denied.Source.Owner, null, Pinged.Destination.Owner];
        CollectionAssert.AreEqual(owners, FlowConversion.Read(Wire.AddressOwners.Parser.ParseFrom(FlowConversion.Write(owners).ToByteArray())).ToArray());
    }

    [TestMethod]
    public void A_record_without_its_parts_is_refused()
    {
        var wire = FlowConversion.Write(new FlowBatch([Denied], 0));
        wire.Records[0].Source.Address = ByteString.CopyFrom(1, 2, 3);
        Assert.ThrowsExactly<ProtocolException>(() => FlowConversion.Read(wire));
        Assert.ThrowsExactly<ProtocolException>(() => FlowConversion.Read(new Wire.FlowBatch { Records = { new Wire.FlowRecord() } }));
    }

    [TestMethod]
    public void A_record_that_no_node_can_have_seen_is_refused()
    {
        foreach (var spoil in (Action<Wire.FlowRecord>[])
        [
            r => r.Destination.Port = 65_536, r => r.Source.Port = uint.MaxValue, r => r.Protocol = 256, r => r.IcmpType = 256, r => r.FirstPacketAt.Nanos = -1, r => r.LastPacketAt.Seconds = long.MaxValue,
            r => r.Decision.RuleName = new('x', 70_000),
        ])
        {
            var wire = FlowConversion.Write(new FlowBatch([Denied], 0));
            spoil(wire.Records[0]);
            Assert.ThrowsExactly<ProtocolException>(() => FlowConversion.Read(wire), $"{wire.Records[0].ToString()[..200]}");
        }
    }

    [TestMethod]
    public void A_batch_has_a_bound()
    {
        var most = new FlowBatch([.. Enumerable.Repeat(Denied, FlowBatch.MaxRecords)], 0);
        Assert.HasCount(FlowBatch.MaxRecords, FlowConversion.Read(FlowConversion.Write(most)).Records);
        Assert.ThrowsExactly<ProtocolException>(() => FlowConversion.Read(FlowConversion.Write(most with { Records = [.. most.Records, Denied] })));
    }

    [TestMethod]
    public void People_read_a_line()
    {
        Assert.AreEqual("12:03:04 deny ingress shop/web-1 → shop/db-0 5432/TCP by NetworkPolicy shop/db-from-api (isolation) ×3", FlowText.Write(Denied, TimeZoneInfo.Utc));
        Assert.AreEqual("12:03:04 audit-allow egress fd00::1 → node n2 ICMP by ClusterNetworkPolicy lock \"down\" rule 2 \"no-db\"", FlowText.Write(Pinged, TimeZoneInfo.Utc));
    }

    [TestMethod]
    public void Programs_read_a_line_of_JSON()
    {
        Assert.AreEqual(
            """{"time":"2026-01-02T12:03:04.5Z","endTime":"2026-01-02T12:03:07Z","node":"n1","direction":"ingress","verdict":"deny","source":{"address":"10.0.0.1","namespace":"shop","pod":"web-1","labels":{"app":"web"}},"destination":{"address":"10.0.0.2","port":5432,"namespace":"shop","pod":"db-0","labels":{}},"protocol":"TCP","tier":"NetworkPolicy","isolatedBy":[{"kind":"NetworkPolicy","namespace":"shop","name":"db-from-api"}],"count":3,"lost":2}""" + "\n",
            Json(Denied, 2));
        Assert.AreEqual(
            """{"time":"2026-01-02T12:03:04.5Z","endTime":"2026-01-02T12:03:04.5Z","node":"n1","direction":"egress","verdict":"audit-allow","source":{"address":"fd00::1"},"destination":{"address":"fd00::2","node":"n2"},"protocol":"ICMP","icmpType":128,"tier":"Admin","policy":{"kind":"ClusterNetworkPolicy","name":"lock \"down\"","rule":2,"ruleName":"no-db"},"count":1}""" + "\n",
            Json(Pinged, 0));
    }

    private static string Json(FlowRecord record, long lost)
    {
        using var output = new MemoryStream();
        FlowJson.WriteLine(output, record, lost);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
