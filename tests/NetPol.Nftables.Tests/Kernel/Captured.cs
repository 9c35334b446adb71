using NetPol.Netlink;
using NetPol.Nftables.Kernel;

namespace NetPol.Nftables.Tests.Kernel;

/// <summary>Compares bytes with those captured from other tools.</summary>
internal static class Captured
{
    /// <summary>The payload of the only message that <paramref name="write"/> leaves in a batch for a table.</summary>
    public static string PayloadOf(Action<NftablesBatch> write, string table = "netpol")
    {
        var batch = new NftablesBatch(TableFamily.Inet, table);
        write(batch);
        var messages = new MessageReader(batch.Finish(null, 1));
        Assert.IsTrue(messages.Next() && messages.Next(), "a batch begins, and holds a message");
        var payload = Convert.ToHexStringLower(messages.Payload);
        Assert.IsTrue(messages.Next() && !messages.Next(), "and ends");
        return payload;
    }
}
