using System.Diagnostics;
using System.Net.Sockets;
using NetPol.Netlink.Namespaces;
using NetPol.Nftables.Kernel;
using NetPol.Testing.Infrastructure;

namespace NetPol.Nftables.Tests;

/// <summary>A network namespace for one test, with access to nf_tables by NetPol and by nft.</summary>
internal sealed class KernelNamespace : IDisposable
{
    private readonly NetworkNamespace _namespace;

    public KernelNamespace()
    {
        TestRequirements.Kernel();
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

    public string Name => _namespace.Name;

    public KernelNftables Nftables { get; }

    /// <summary>Looks at a table piece by piece.</summary>
    public KernelTableView Look(string table) => _namespace.Run(() => KernelTableView.Open(table));

    /// <summary>A socket of this namespace.</summary>
    public Socket OpenSocket(AddressFamily family, SocketType type, ProtocolType protocol) => _namespace.Run(() => new Socket(family, type, protocol));

    public void BringLoopbackUp() => Run("ip", "link set lo up");

    /// <summary>Changes the same tables as another program would.</summary>
    public KernelNftables OpenAnother() => _namespace.Run(KernelNftables.Open);

    /// <summary>A program that owns the tables it creates. The test is inconclusive on a kernel that has no such tables.</summary>
    public KernelNftables OpenOwner()
    {
        var owner = _namespace.Run(() => KernelNftables.OpenOwner(TableFamily.Inet));
        if (owner.OwnsTables)
            return owner;
        owner.Dispose();
        throw new AssertInconclusiveException("this kernel has no tables with an owner that outlive it (Linux 6.9)");
    }

    /// <summary>Another socket to the same tables.</summary>
    public NftablesSocket OpenTables() => _namespace.Run(NftablesSocket.Open);

    /// <summary>The tables of the bridge family.</summary>
    public KernelNftables OpenBridge() => _namespace.Run(() => KernelNftables.Open(TableFamily.Bridge));

    /// <summary>Monitors changes by programs other than <paramref name="nftables"/>.</summary>
    public TableMonitor Watch(KernelNftables nftables, string table) => _namespace.Run(() => nftables.Watch(table));

    /// <summary>Runs nft here with text on its standard input; returns what it prints.</summary>
    public string Nft(string arguments, string input = "") => Run("nft", arguments, input);

    public void Dispose()
    {
        Nftables.Dispose();
        _namespace.Dispose();
        NetworkNamespace.Delete(_namespace.Name);
    }

    private string Run(string program, string arguments, string input = "")
    {
        using var process = Process.Start(new ProcessStartInfo("ip", $"netns exec {_namespace.Name} {program} {arguments}")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"{program} {arguments}: {errors.GetAwaiter().GetResult()}\n{input}");
        return output.GetAwaiter().GetResult();
    }
}
