using CsCheck;
using NetPol.Netlink;
using NetPol.Nftables.Expressions;
using NetPol.Nftables.Kernel;

namespace NetPol.Nftables.Tests.Kernel;

/// <summary>For any bytes, a reader returns a value or throws <see cref="NetlinkFormatException"/>.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ReaderFuzzTests
{
    private delegate void Reader(ReadOnlySpan<byte> payload);

    private static readonly (string What, Reader Read)[] Readers =
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

    private static readonly Gen<byte[]> Mutated = Gen.Select(
        Gen.Int[0, 1 << 20].Select(i => Seeds[i % Seeds.Length]), Gen.Int[0, 4096], Gen.Select(Gen.Int[0, 4096], Gen.Byte).Array[0, 4], Gen.Bool,
        (seed, cut, changes, whole) =>
        {
            var bytes = whole ? seed.ToArray() : seed[..(cut % (seed.Length + 1))];
            foreach (var (at, value) in changes)
            {
                if (bytes.Length != 0)
                    bytes[at % bytes.Length] = value;
            }
            return bytes;
        });

    [TestMethod]
    public void Random_bytes_end_in_a_value_or_a_format_error() => Check(Gen.Byte.Array[0, 96]);

    [TestMethod]
    public void Cut_and_changed_messages_end_in_a_value_or_a_format_error() => Check(Mutated);

    [TestMethod]
    public void The_changed_messages_reach_both_ends()
    {
        int read = 0, refused = 0;
        Mutated.Sample(
            bytes =>
            {
                if (Outcome(Readers[2].Read, bytes) is null)
                    Interlocked.Increment(ref read);
                else
                    Interlocked.Increment(ref refused);
            },
            iter: 2000);
        Assert.IsGreaterThan(200, read);
        Assert.IsGreaterThan(200, refused);
    }

    private static void Check(Gen<byte[]> inputs) => inputs.Sample(
        bytes =>
        {
            foreach (var (what, read) in Readers)
            {
                if (Outcome(read, bytes) is { } error and not NetlinkFormatException)
                    Assert.Fail($"{what} of {Convert.ToHexStringLower(bytes)}: {error}");
            }
        },
        iter: 5000);

    private static Exception? Outcome(Reader read, byte[] bytes)
    {
        try
        {
            read(bytes);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
