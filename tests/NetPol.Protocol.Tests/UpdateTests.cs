using CsCheck;
using Google.Protobuf;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using Decision = NetPol.Model.RuleSets.Decision;

namespace NetPol.Protocol.Tests;

/// <summary>What goes on the wire comes off it, and nothing else does.</summary>
[TestClass]
public sealed class UpdateTests
{
    /// <summary>What a part has besides its entries at most: the update's head, and the heads of the messages around the entries.</summary>
    private const int Heads = 128;

    [TestMethod]
    public void A_stream_of_updates_ends_in_the_rule_set_of_the_sender() => Gen.Select(Generators.Clusters, Generators.Steps.Array[1, 4])
        .ForAll(150, sample =>
        {
            var (cluster, steps) = sample;
            var node = PolicyCompiler.Compile(cluster)[0].Node;
            var reader = new UpdateReader(node);
            var (sent, received) = (NodeRuleSet.CreateEmpty(node), NodeRuleSet.CreateEmpty(node));
            ulong generation = 0;
            foreach (var state in steps.Select(step => cluster = step.Apply(cluster)).Prepend(cluster).ToList())
            {
                var next = PolicyCompiler.CompileNode(state, node);
                var head = new UpdateHeader(generation + 1, generation, generation == 0 ? null : DateTimeOffset.UnixEpoch);
                var update = Pass(reader, UpdateWriter.Write(head, NodeRuleSetDelta.Between(sent, next)));
                Assert.AreEqual(head, update.Head);
                received = update.Change.Apply(received);
                Assert.AreEqual(next, received);
                (sent, generation) = (next, generation + 1);
            }
        });

    [TestMethod]
    public void An_update_may_be_cut_anywhere() => Gen.Select(Generators.Clusters, Gen.OneOf(Gen.Int[1, 40], Gen.Int[1, 4000]))
        .ForAll(150, sample =>
        {
            var (cluster, size) = sample;
            var rules = PolicyCompiler.Compile(cluster)[0];
            var parts = UpdateWriter.Write(new(1, 0, null), FromNothing(rules), size).ToList();
            foreach (var part in parts)
                Assert.IsLessThanOrEqualTo(size + Heads, part.CalculateSize());
            Assert.AreEqual(rules, Pass(new(rules.Node), parts).Change.Apply(NodeRuleSet.CreateEmpty(rules.Node)));
        });

    [TestMethod]
    public void Generated_updates_have_split_entries_and_full_parts()
    {
        var rules = Generators.Clusters.Draw(100).Select(w => PolicyCompiler.Compile(w)[0]).ToList();
        var parts = rules.SelectMany(r => UpdateWriter.Write(new(1, 0, null), FromNothing(r), 100)).ToList();
        Assert.Contains(p => p.Piece is { More: true, Added: true }, parts);
        Assert.Contains(p => p.Added is { ReadyPods.Count: > 2 } or { PodIngress.PolicyEntries.Count: > 1 }, parts);
    }

    [TestMethod]
    public void A_large_update_goes_in_parts_that_fit_a_message()
    {
        var rules = WithPeers(100_000);
        var parts = UpdateWriter.Write(new(1, 0, null), FromNothing(rules)).ToList();
        Assert.IsGreaterThan(10, parts.Count);
        foreach (var part in parts)
            Assert.IsLessThanOrEqualTo(UpdateLimits.MaxPartBytes + Heads, part.CalculateSize());
        Assert.AreEqual(rules, Pass(new("n1"), parts).Change.Apply(NodeRuleSet.CreateEmpty("n1")));
    }

    [TestMethod]
    public void The_largest_port_policy_goes_in_pieces()
    {
        var decisions = new[] { Decision.ByDefault(Direction.Ingress), Decision.ByIsolation(Direction.Ingress, []) };
        var entries = NetPol.Model.Net.Protocols.WithPorts.SelectMany(p => Enumerable.Range(0, 1 << 16).Select(port => new NetPol.Model.RuleSets.PortEntry(p, new((ushort)port, (ushort)port), decisions[port % 2].Id)));
        var rules = NodeRuleSet.CreateEmpty("n1") with
        {
            Decisions = decisions.OrderBy(d => d.Id).ToValueArray(),
            PortPolicies = [new(entries.ToValueArray(), decisions[0].Id)],
        };
        var parts = UpdateWriter.Write(new(1, 0, null), FromNothing(rules)).ToList();
        Assert.IsGreaterThan(10, parts.Count(p => p.Piece is not null));
        Assert.IsTrue(parts.TrueForAll(p => p.CalculateSize() <= UpdateLimits.MaxPartBytes + Heads));
        Assert.AreEqual(rules, Pass(new("n1"), parts).Change.Apply(NodeRuleSet.CreateEmpty("n1")));
    }

    [TestMethod]
    public void The_writer_encodes_one_part_at_a_time()
    {
        var change = FromNothing(WithPeers(100_000));
        _ = UpdateWriter.Write(new(1, 0, null), change).First();
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = UpdateWriter.Write(new(1, 0, null), change).First();
        Assert.IsLessThan(16 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void The_policy_of_the_review_goes_in_parts_that_fit_a_message()
    {
        var cluster = MultiplyingPolicies.OfNetworks(rules: 60, ranges: 120);
        var rules = PolicyCompiler.CompileNode(cluster, MultiplyingPolicies.Node);
        Assert.IsGreaterThan(3000, rules.PortPolicies.Max(p => p.Entries.Count));
        var reader = new UpdateReader(rules.Node);
        (UpdateHeader Head, NodeRuleSetDelta Change)? read = null;
        foreach (var part in UpdateWriter.Write(new(1, 0, null), FromNothing(rules)))
        {
            Assert.IsLessThanOrEqualTo(UpdateLimits.MaxPartBytes + Heads, part.CalculateSize());
            read = reader.Add(UpdatePart.Parser.ParseFrom(part.ToByteArray()));
        }
        Assert.AreEqual(rules, read!.Value.Change.Apply(NodeRuleSet.CreateEmpty(rules.Node)));
    }

    [TestMethod]
    [DynamicData(nameof(MisplacedPieces))]
    public void Pieces_that_do_not_follow_each_other_are_refused(List<UpdatePart> parts)
    {
        var reader = new UpdateReader("n1");
        foreach (var part in parts.SkipLast(1))
            Assert.IsNull(reader.Add(part));
        Assert.ThrowsExactly<ProtocolException>(() => reader.Add(parts[^1]));
    }

    [TestMethod]
    public void A_entry_without_end_is_refused_before_it_fills_the_memory()
    {
        var reader = new UpdateReader("n1");
        var piece = new UpdatePart { Generation = 1, Piece = new() { Added = true, Data = ByteString.CopyFrom(new byte[1 << 20]), More = true } };
        for (var i = 0; i < 100; i++)
            Assert.IsNull(reader.Add(piece));
        var refused = Assert.ThrowsExactly<MalformedUpdateException>(() => reader.Add(new() { Generation = 1, Last = true }));
        Assert.Contains($"{UpdateLimits.MaxEntryBytes}", refused.Message);
    }

    [TestMethod]
    public void An_update_without_end_is_refused_before_it_fills_the_memory()
    {
        var reader = new UpdateReader("n1");
        // An unknown field: its size counts, although its value is dropped.
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1, WireFormat.WireType.Varint);
            output.WriteUInt64(1);
            output.WriteTag(100, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(new byte[1 << 20]));
        }
        var part = UpdatePart.Parser.ParseFrom(bytes.ToArray());
        for (var i = 0; i < UpdateLimits.MaxUpdateBytes >> 20; i++)
            Assert.IsNull(reader.Add(part));
        var refused = Assert.ThrowsExactly<MalformedUpdateException>(() => reader.Add(new() { Generation = 1, Last = true }));
        Assert.Contains($"{UpdateLimits.MaxUpdateBytes}", refused.Message);
        Assert.IsNotNull(reader.Add(new() { Generation = 2, Last = true }));
    }

    [TestMethod]
    public void An_update_on_a_base_that_is_not_there_is_refused() =>
        Assert.ThrowsExactly<ProtocolException>(() => new UpdateReader("n1").Add(new() { Generation = 2, Base = 1, Last = true }));

    [TestMethod]
    public void A_part_amid_another_update_is_refused()
    {
        var reader = new UpdateReader("n1");
        Assert.IsNull(reader.Add(new() { Generation = 1 }));
        Assert.ThrowsExactly<ProtocolException>(() => reader.Add(new() { Generation = 2, Last = true }));
    }

    [TestMethod]
    [DynamicData(nameof(Garbage))]
    public void What_cannot_be_a_entry_is_refused_and_the_next_update_is_read(Entries entries)
    {
        var reader = new UpdateReader("n1");
        Assert.AreEqual(1UL, Assert.ThrowsExactly<MalformedUpdateException>(() => reader.Add(new() { Generation = 1, Last = true, Added = entries })).Head.Generation);
        Assert.IsNotNull(reader.Add(new() { Generation = 2, Last = true }), "the next update");
    }

    private static IEnumerable<Entries> Garbage =>
    [
        new() { ReadyPods = { ByteString.CopyFrom(1, 2, 3) } },
        new() { PodCidrs = { new Network { Address = ByteString.CopyFrom(10, 0, 0, 0), PrefixLength = 33 } } },
        new() { GrantedSources = { new Wire.GrantedSource { Pod = ByteString.CopyFrom(10, 1, 0, 2) } } },
        new() { GrantedSources = { new Wire.GrantedSource { Pod = ByteString.Empty, Sources = new Network { Address = ByteString.CopyFrom(10, 0, 0, 0) } } } },
        new() { Decisions = { new Wire.Decision() } },
        new() { PortPolicies = { new Wire.PortPolicy { Entries = { new Wire.PortEntry { Protocol = 256 } } } } },
        new() { PortPolicies = { new Wire.PortPolicy { Entries = { new Wire.PortEntry { Protocol = 6, FirstPort = 2, LastPort = 1 } } } } },
        new() { PodIngress = new() { Networks = { new Wire.PeerNetwork { First = ByteString.CopyFrom(10, 0, 0, 1), Last = ByteString.CopyFrom(10, 0, 0, 0) } } } },
    ];

    private static IEnumerable<List<UpdatePart>> MisplacedPieces
    {
        get
        {
            var open = Piece(added: true, more: true, 1);
            yield return [Piece(added: true, more: true)];
            yield return [open, Piece(added: false, more: true, 1)];
            yield return [open, new() { Generation = 1, Added = new() }];
            yield return [open, new() { Generation = 1, Last = true }];
            yield return [new() { Generation = 1, Last = true, Piece = open.Piece }];
            yield return [new() { Generation = 1, Removed = new(), Piece = open.Piece }];
        }
    }

    private static UpdatePart Piece(bool added, bool more, params byte[] data) =>
        new() { Generation = 1, Piece = new() { Added = added, More = more, Data = ByteString.CopyFrom(data) } };

    private static NodeRuleSet WithPeers(int count) => NodeRuleSet.CreateEmpty("n1") with
    {
        PodIngress = new()
        {
            Peers = Enumerable.Range(0, count).Select(i => new NetPol.Model.RuleSets.PeerAddress(new(IpFamily.V6, (UInt128)i + (UInt128.One << 100)), new(1))).ToValueArray(),
            Identities = [new(1)],
        },
    };

    private static NodeRuleSetDelta FromNothing(NodeRuleSet rules) => NodeRuleSetDelta.Between(NodeRuleSet.CreateEmpty(rules.Node), rules);

    private static (UpdateHeader Head, NodeRuleSetDelta Change) Pass(UpdateReader reader, IEnumerable<UpdatePart> parts)
    {
        foreach (var part in parts)
        {
            if (reader.Add(UpdatePart.Parser.ParseFrom(part.ToByteArray())) is { } update)
                return update;
        }
        throw new AssertFailedException("the last part did not complete the update");
    }
}
