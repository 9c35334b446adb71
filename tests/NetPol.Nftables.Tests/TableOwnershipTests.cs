using System.Diagnostics;
using NetPol.Netlink;
using NetPol.Nftables.Kernel;

namespace NetPol.Nftables.Tests;

[TestClass, TestCategory("Kernel")]
public sealed class TableOwnershipTests
{
    private static readonly Operation.AddCounter Change = new(new("added"));

    [TestMethod]
    [DataRow("flush ruleset")]
    [DataRow("delete table inet npt")]
    [DataRow("flush table inet npt")]
    [DataRow("add chain inet npt theirs")]
    [DataRow("add table inet npt { flags dormant; }")]
    [DataRow("destroy table inet npt")]
    public void No_other_program_changes_an_owned_table(string command)
    {
        using var kernel = new KernelNamespace();
        using var owner = kernel.OpenOwner();
        owner.CommitBatch(Shapes.Create(Shapes.All));
        TryNft(kernel, command);
        Assert.AreEqual(Shapes.All, owner.Read(Shapes.Table));
        Assert.AreEqual(TableOwnership.Own, owner.Read(Shapes.Table)!.Ownership);
    }

    [TestMethod]
    public void Another_program_learns_who_owns_the_table()
    {
        using var kernel = new KernelNamespace();
        using var owner = kernel.OpenOwner();
        owner.CommitBatch(Shapes.Create(Shapes.All));
        var refused = Assert.ThrowsExactly<NftablesException>(() => kernel.Nftables.CommitBatch(new Transaction(Shapes.Table, [Change])));
        Assert.AreEqual(NetlinkErrno.NotPermitted, refused.Errno);
        Assert.Contains("another program owns the table through netlink port", refused.Message);
        Assert.AreEqual(TableOwnership.Foreign, kernel.Nftables.Read(Shapes.Table)!.Ownership);
    }

    [TestMethod]
    public void The_table_outlives_its_owner_and_the_next_one_claims_it()
    {
        using var kernel = new KernelNamespace();
        using (var first = kernel.OpenOwner())
            first.CommitBatch(Shapes.Create(Shapes.All));
        using var second = kernel.OpenOwner();
        Assert.AreEqual(Shapes.All, second.Read(Shapes.Table));
        Assert.AreEqual(TableOwnership.Orphaned, second.Read(Shapes.Table)!.Ownership);
        second.CommitBatch(new Transaction(Shapes.Table, [new Operation.ClaimTable(), Change]));
        Assert.AreEqual(TableOwnership.Own, second.Read(Shapes.Table)!.Ownership);
        Assert.ThrowsExactly<NftablesException>(() => kernel.Nftables.CommitBatch(new Transaction(Shapes.Table, [new Operation.DeleteTable()])));
    }

    [TestMethod]
    public void A_claim_fails_while_the_owner_lives()
    {
        using var kernel = new KernelNamespace();
        using var first = kernel.OpenOwner();
        first.CommitBatch(Shapes.Create(Shapes.All));
        using var second = kernel.OpenOwner();
        var refused = Assert.ThrowsExactly<NftablesException>(() => second.CommitBatch(new Transaction(Shapes.Table, [new Operation.ClaimTable()])));
        Assert.AreEqual(NetlinkErrno.NotPermitted, refused.Errno);
    }

    [TestMethod]
    public void A_claim_wakes_a_dormant_table()
    {
        using var kernel = new KernelNamespace();
        using (var first = kernel.OpenOwner())
            first.CommitBatch(Shapes.Create(Shapes.All));
        MakeDormant(kernel);
        using var second = kernel.OpenOwner();
        Assert.IsTrue(second.Read(Shapes.Table)!.IsDormant);
        second.CommitBatch(new Transaction(Shapes.Table, [new Operation.ClaimTable()]));
        Assert.IsFalse(second.Read(Shapes.Table)!.IsDormant);
        Assert.AreEqual(TableOwnership.Own, second.Read(Shapes.Table)!.Ownership);
    }

    [TestMethod]
    public void A_table_without_an_owner_is_replaced_in_one_transaction()
    {
        using var kernel = new KernelNamespace();
        kernel.Nftables.CommitBatch(Shapes.Create(Shapes.All));
        using var owner = kernel.OpenOwner();
        Assert.AreEqual(TableOwnership.Unowned, owner.Read(Shapes.Table)!.Ownership);
        owner.CommitBatch(new Transaction(Shapes.Table, [new Operation.DeleteTable(), .. Shapes.Create(Shapes.All).Operations]));
        Assert.AreEqual(TableOwnership.Own, owner.Read(Shapes.Table)!.Ownership);
    }

    [TestMethod]
    public void Nft_lists_an_owned_and_an_orphaned_table()
    {
        using var kernel = new KernelNamespace();
        using (var owner = kernel.OpenOwner())
        {
            owner.CommitBatch(Shapes.Create(Shapes.All));
            Assert.Contains("chain policies", kernel.Nft("list table inet npt"));
        }
        Assert.Contains("chain policies", kernel.Nft("list table inet npt"));
    }

    [TestMethod]
    public void The_probe_leaves_nothing()
    {
        using var kernel = new KernelNamespace();
        using var owner = kernel.OpenOwner();
        Assert.AreEqual("", kernel.Nft("list ruleset"));
    }

    /// <summary>As a program does that knows persistent tables; nft 1.0.6 cannot.</summary>
    private static void MakeDormant(KernelNamespace kernel)
    {
        using var socket = kernel.OpenTables();
        var batch = new NftablesBatch(TableFamily.Inet, Shapes.Table);
        var operation = batch.Add(Change);
        var message = batch.BeginMessage(operation, NftablesMessageType.NewTable, MessageFlags.None);
        new Table(Shapes.Table, Flags: TableFlags.Dormant | TableFlags.Persist).Write(batch.Writer);
        batch.Writer.EndMessage(message);
        socket.Commit(batch);
    }

    /// <summary>nft refuses some of the commands, and leaves an owned table out of others.</summary>
    private static void TryNft(KernelNamespace kernel, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", kernel.Name, "nft", command]) { UseShellExecute = false, RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
    }
}
