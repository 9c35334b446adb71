using CsCheck;
using Google.Protobuf;
using NetPol.Compiler;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Protocol.Wire;
using NetPol.Testing;

namespace NetPol.Protocol.Tests;

/// <summary>What goes on the wire comes off it, and nothing else does.</summary>
[TestClass]
public sealed class UpdateTests
{
    [TestMethod]
    public void A_stream_of_updates_ends_in_the_rule_set_of_the_sender() => Gen.Select(Generators.Worlds, Generators.Steps.Array[1, 4])
        .Holds(150, sample =>
        {
            var (world, steps) = sample;
            var node = PolicyCompiler.Compile(world)[0].Node;
            var reader = new UpdateReader(node);
            var (sent, received) = (NodeRuleSet.EmptyFor(node), NodeRuleSet.EmptyFor(node));
            ulong generation = 0;
            foreach (var state in steps.Select(step => world = step.Apply(world)).Prepend(world).ToList())
            {
                var next = PolicyCompiler.CompileNode(state, node);
                var head = new UpdateHead(generation + 1, generation, generation == 0 ? null : DateTimeOffset.UnixEpoch);
                var update = Pass(reader, UpdateWriter.Write(head, NodeRuleSetDelta.Between(sent, next)));
                Assert.AreEqual(head, update.Head);
                received = update.Change.Apply(received);
                Assert.AreEqual(next, received);
                (sent, generation) = (next, generation + 1);
            }
        });

    [TestMethod]
    public void A_large_update_goes_in_parts_that_fit_a_message()
    {
        var peers = Enumerable.Range(0, 100_000).Select(i => new Model.Rules.PeerAddress(new(IpFamily.V6, (UInt128)i + (UInt128.One << 100)), new(1))).ToValueArray();
        var rules = NodeRuleSet.EmptyFor("n1") with { Ingress = new() { Peers = peers, Classes = [new(1)] } };
        var parts = UpdateWriter.Write(new(1, 0, null), NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor("n1"), rules)).ToList();
        Assert.AreEqual(7, parts.Count);
        Assert.IsTrue(parts.TrueForAll(p => p.CalculateSize() < 1 << 20));
        Assert.AreEqual(rules, Pass(new("n1"), parts).Change.Apply(NodeRuleSet.EmptyFor("n1")));
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
    public void What_cannot_be_a_fact_is_refused_and_the_next_update_is_read(Facts facts)
    {
        var reader = new UpdateReader("n1");
        Assert.AreEqual(1UL, Assert.ThrowsExactly<MalformedUpdateException>(() => reader.Add(new() { Generation = 1, Last = true, Added = facts })).Head.Generation);
        Assert.IsNotNull(reader.Add(new() { Generation = 2, Last = true }), "the next update");
    }

    private static IEnumerable<Facts> Garbage =>
    [
        new() { KnownPods = { ByteString.CopyFrom(1, 2, 3) } },
        new() { PodNetworks = { new Network { Address = ByteString.CopyFrom(10, 0, 0, 0), PrefixLength = 33 } } },
        new() { Decisions = { new Wire.Decision() } },
        new() { Profiles = { new Profile { Cells = { new Wire.PortCell { Protocol = 256 } } } } },
        new() { Profiles = { new Profile { Cells = { new Wire.PortCell { Protocol = 6, FirstPort = 2, LastPort = 1 } } } } },
        new() { Ingress = new() { Networks = { new Wire.PeerNetwork { First = ByteString.CopyFrom(10, 0, 0, 1), Last = ByteString.CopyFrom(10, 0, 0, 0) } } } },
    ];

    private static (UpdateHead Head, NodeRuleSetDelta Change) Pass(UpdateReader reader, IEnumerable<UpdatePart> parts)
    {
        foreach (var part in parts)
        {
            if (reader.Add(UpdatePart.Parser.ParseFrom(part.ToByteArray())) is { } update)
                return update;
        }
        throw new AssertFailedException("the last part did not complete the update");
    }
}
