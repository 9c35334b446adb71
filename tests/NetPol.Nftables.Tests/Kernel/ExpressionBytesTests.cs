using NetPol.Netlink;
using NetPol.Nftables.Expressions;

namespace NetPol.Nftables.Tests.Kernel;

/// <summary>The hexadecimal rows were captured from nft 1.0.6 for the same rules, without NFTA_LOOKUP_SET_ID where names do the same.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ExpressionBytesTests
{
    private const string Ch1 = "010000000b0001006e6574706f6c00000800020063683100";
    private const string Ch2 = "010000000b0001006e6574706f6c00000800020063683200";
    private const string SourceV4Hex =
        "24000180090001006d6574610000000014000280080002000000000f08000100000000012c00018008000100636d700020000280080001000000000108000200000000000c00038005000100"
        + "02000000340001800c0001007061796c6f6164002400028008000100000000010800020000000001080003000000000c0800040000000004";

    private const string DropHex = "300001800e000100696d6d6564696174650000001c0002800800010000000000100002800c0002800800010000000000";

    public static IEnumerable<(string What, string Chain, string? Comment, Expression[] Expressions, string Hex)> Rows =>
    [
        ("objref", "ch1", null, [ObjectReferenceExpression.Counter("c1")], Ch1 + "28000480240001800b0001006f626a72656600001400028008000100000000010600020063310000"),
        ("return", "ch1", null, [new ImmediateExpression(PacketVerdict.Return)],
            Ch1 + "34000480300001800e000100696d6d6564696174650000001c0002800800010000000000100002800c00028008000100fffffffb"),
        ("counter log limit accept", "ch2", null,
            [new CounterExpression(), new LogExpression("np ", 3), new LimitExpression(10, 1, 5), new ImmediateExpression(PacketVerdict.Accept)],
            Ch2 + "ac000480140001800c000100636f756e746572000400028020000180080001006c6f670014000280080002006e7020000600010000030000440001800a0001006c696d697400000034000280"
            + "0c000100000000000000000a0c0002000000000000000001080003000000000508000400000000000800050000000000300001800e000100696d6d6564696174650000001c0002800800010000"
            + "000000100002800c0002800800010000000001"),
        ("comment", "ch1", "hey", [new CounterExpression(5, 6)],
            Ch1 + "300004802c0001800c000100636f756e746572001c0002800c00010000000000000000060c00020000000000000000050a0007000004686579000000"),
        ("log level", "ch1", null, [new LogExpression("x") { Level = 4 }],
            Ch1 + "2400048020000180080001006c6f67001400028006000200780000000800050000000004"),
        ("ct bitwise cmp", "ch1", null,
            [
                new ConntrackExpression(Register.R1, ConntrackKey.State),
                new BitwiseExpression(Register.R1, Register.R1, new([6, 0, 0, 0]), new([0, 0, 0, 0])),
                new CompareExpression(Register.R1, CompareOperator.NotEqual, new([0, 0, 0, 0])),
                new ImmediateExpression(PacketVerdict.Accept),
            ],
            Ch1 + "c40004802000018007000100637400001400028008000200000000000800010000000001440001800c00010062697477697365003400028008000100000000010800020000000001"
            + "0800030000000004" + "0c00048008000100060000000c00058008000100000000002c00018008000100636d700020000280080001000000000108000200000000010c0003800800"
            + "010000000000300001800e000100696d6d6564696174650000001c0002800800010000000000100002800c0002800800010000000001"),
        ("lookup jump", "ch1", null, [.. SourceV4, new LookupExpression("subj4", Register.R1), new ImmediateExpression(PacketVerdict.Jump("ch2"))],
            Ch1 + "f0000480" + SourceV4Hex + "300001800b0001006c6f6f6b757000002000028008000200000000010a0001007375626a34000000" + "0800040000000001"
            + "380001800e000100696d6d656469617465000000240002800800010000000000180002801400028008000100fffffffd0800020063683200"),
        ("inverted lookup", "ch1", null, [.. SourceV4, new LookupExpression("subj4", Register.R1, null, true), new ImmediateExpression(PacketVerdict.Return)],
            Ch1 + "f0000480" + SourceV4Hex + "380001800b0001006c6f6f6b757000002800028008000200000000010a0001007375626a34000000" + "0800040000000001" + "0800050000000001"
            + "300001800e000100696d6d6564696174650000001c0002800800010000000000100002800c00028008000100fffffffb"),
        ("range", "ch1", null, [.. SourceV4, new RangeExpression(Register.R1, true, new([10, 0, 0, 1]), new([10, 0, 0, 9])), new ImmediateExpression(PacketVerdict.Drop)],
            Ch1 + "f4000480" + SourceV4Hex + "3c0001800a00010072616e67650000002c000280080001000000000108000200000000010c000380080001000a0000010c000480080001000a000009" + DropHex),
        ("byteorder and vmap", "ch1", null,
            [new ByteOrderExpression(Register.R1, Register.R1, true, 1, 2), new PayloadExpression(Register.R32N01, PayloadBase.TransportHeader, 2, 2), new LookupExpression("p1", Register.R1, Register.Verdict)],
            Ch1 + "ac000480" + "400001800e000100627974656f726465720000002c00028008000100000000010800020000000001080003000000000108000400000000010800050000000002"
            + "340001800c0001007061796c6f616400240002800800010000000009080002000000000208000300000000020800040000000002"
            + "340001800b0001006c6f6f6b75700000240002800800020000000001080003000000000007000100703100000800040000000006"),
    ];

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void A_rule_is_written_as_nft_writes_it(string what, string chain, string? comment, Expression[] expressions, string hex) =>
        Assert.AreEqual(WithoutSetId(hex), Captured.PayloadOf(b => b.AddRule(chain, expressions, comment)), what);

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void A_rule_that_nft_wrote_is_read(string what, string chain, string? comment, Expression[] expressions, string hex)
    {
        var rule = RuleMessage.Read(Convert.FromHexString(hex));
        Assert.AreEqual(("netpol", chain, comment), (rule.Table, rule.Chain, rule.Comment), what);
        CollectionAssert.AreEqual(expressions, rule.Expressions.ToArray());
    }

    [TestMethod]
    public void A_kind_that_is_not_known_is_kept_and_written_as_it_was()
    {
        const string hex = Ch1 + "1c00048018000180080001006f736600" + "0c0002800800010000000001";
        var rule = RuleMessage.Read(Convert.FromHexString(hex));
        var unknown = Assert.ContainsSingle(rule.Expressions);
        Assert.IsInstanceOfType<UnknownExpression>(unknown);
        Assert.AreEqual("osf", unknown.TypeName);
        Assert.AreEqual(hex, Captured.PayloadOf(b => b.AddRule(rule.Chain, rule.Expressions)));
    }

    private static Expression[] SourceV4 =>
    [
        new MetaExpression(Register.R1, MetaKey.NfProto),
        new CompareExpression(Register.R1, CompareOperator.Equal, new([2])),
        new PayloadExpression(Register.R1, PayloadBase.NetworkHeader, 12, 4),
    ];

    private static string WithoutSetId(string hex)
    {
        var writer = new MessageWriter();
        writer.WriteRaw(Convert.FromHexString(hex[..8]));
        CopyWithoutSetId(AttributeReader.After(4, Convert.FromHexString(hex)), writer, false);
        return Convert.ToHexStringLower(writer.Written);
    }

    private static void CopyWithoutSetId(AttributeReader from, MessageWriter to, bool isLookup)
    {
        const int lookupSetId = 4;
        var nameIsLookup = false;
        while (from.Next())
        {
            if (from.IsNested)
            {
                var nest = to.BeginNested((ushort)from.Type);
                CopyWithoutSetId(from.Nested, to, nameIsLookup);
                to.EndNested(nest);
            }
            else if (!isLookup || from.Type != lookupSetId)
            {
                to.Write((ushort)from.Type, from.Value);
            }
            nameIsLookup = from.Value.StartsWith("lookup"u8);
        }
    }
}
