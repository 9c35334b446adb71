using System.Diagnostics;

namespace NetPol.Agent.Tests.Cutting;

/// <summary>Programs in the network namespace of the calling thread.</summary>
internal static class LabCommands
{
    /// <summary>Loads nftables text with the reference tool.</summary>
    public static void Nft(string rules)
    {
        using var nft = Process.Start(new ProcessStartInfo("nft", ["-f", "-"]) { RedirectStandardInput = true, UseShellExecute = false })!;
        nft.StandardInput.Write(rules);
        nft.StandardInput.Close();
        nft.WaitForExit();
        Assert.AreEqual(0, nft.ExitCode, "nft refused the rules of the test");
    }
}
