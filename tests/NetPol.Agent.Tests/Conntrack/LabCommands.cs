using System.Diagnostics;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>Programs in the network namespace of the calling thread.</summary>
internal static class LabCommands
{
    /// <summary>Runs <c>ip</c> with the arguments, separated by spaces.</summary>
    public static void Ip(string arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { UseShellExecute = false })!;
        ip.WaitForExit();
        Assert.AreEqual(0, ip.ExitCode, $"ip {arguments}");
    }

    /// <summary>Loads nftables text with the reference tool.</summary>
    public static string Nft(string rules) => Run(["-f", "-"], rules);

    /// <summary>Lists a set of the table with the reference tool.</summary>
    public static string NftList(string set) => Run(["list", "set", "inet", "netpol", set], "");

    private static string Run(string[] arguments, string input)
    {
        using var nft = Process.Start(new ProcessStartInfo("nft", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        nft.StandardInput.Write(input);
        nft.StandardInput.Close();
        var output = nft.StandardOutput.ReadToEnd();
        nft.WaitForExit();
        Assert.AreEqual(0, nft.ExitCode, $"nft {string.Join(' ', arguments)} fails for the test's own input");
        return output;
    }
}
