using System.Diagnostics;
using NetPol.Netlink.Namespaces;
using NetPol.Nftables.Kernel;

namespace NetPol.Nftables.Tests;

/// <summary>A network namespace of a test's own, with nf_tables as we see it and as nft sees it.</summary>
internal sealed class KernelNamespace : IDisposable
{
    private readonly NetworkNamespace _namespace;

    public KernelNamespace()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root, to make a network namespace");
        _namespace = NetworkNamespace.Create($"npt-nft-{Guid.NewGuid():N}"[..20]);
        try
        {
            Nftables = _namespace.Run(KernelNftables.Open);
        }
        catch
        {
            NetworkNamespace.Delete(_namespace.Name);
            throw;
        }
    }

    public KernelNftables Nftables { get; }

    /// <summary>Runs nft here with text on its standard input; returns what it prints.</summary>
    public string Nft(string arguments, string input = "")
    {
        using var nft = Process.Start(new ProcessStartInfo("ip", $"netns exec {_namespace.Name} nft {arguments}")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = nft.StandardError.ReadToEndAsync();
        var output = nft.StandardOutput.ReadToEndAsync();
        nft.StandardInput.Write(input);
        nft.StandardInput.Close();
        nft.WaitForExit();
        Assert.AreEqual(0, nft.ExitCode, $"nft {arguments}: {errors.GetAwaiter().GetResult()}\n{input}");
        return output.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Nftables.Dispose();
        _namespace.Dispose();
        NetworkNamespace.Delete(_namespace.Name);
    }
}
