using NetPol.Netlink;
using NetPol.Nftables.Expressions;
using NetPol.Nftables.Kernel;
using NetPol.Testing.Generation;

namespace NetPol.Nftables.Tests.Kernel;

/// <summary>For any bytes, a reader returns a value or throws <see cref="NetlinkFormatException"/>.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ReaderFuzzTests
{
    private static readonly (string Name, PayloadReader Read)[] Readers =
    [
        ("table", payload => Table.Read(payload)),
        ("chain", payload => Chain.Read(payload)),
        ("rule", payload => RuleMessage.Read(payload)),
        ("set", payload => SetMessage.Read(payload)),
        ("counter", payload => CounterState.Read(payload)),
        ("elements", payload => ReceivedElement.ReadAll(payload, (in element) => _ = (element.Verdict, element.Comment))),
    ];

    /// <summary>Real messages: every kind that the byte tests know.</summary>
    private static readonly byte[][] Seeds =
        [.. ObjectBytesTests.Rows.Select(row => Convert.FromHexString(row.Hex)),
         .. ElementBytesTests.Rows.Select(row => Convert.FromHexString("010000000b0001006e6574706f6c0000" + row.Hex)),
         .. ExpressionBytesTests.Rows.Select(row => Convert.FromHexString(row.Hex))];

    private static readonly ReaderFuzzer<NetlinkFormatException> Fuzzer = new(Readers, Seeds);

    [TestMethod]
    public void Random_bytes_end_in_a_value_or_a_format_error() => Fuzzer.CheckRandomBytes();

    [TestMethod]
    public void Truncated_and_changed_messages_end_in_a_value_or_a_format_error() => Fuzzer.CheckMutatedMessages();

    [TestMethod]
    public void The_changed_messages_are_read_and_refused() => Fuzzer.CheckBothOutcomes("rule");
}
