using System.Diagnostics;
using System.Net;
using NetPol.Lab.Probes;
using NetPol.Testing.Infrastructure;

namespace NetPol.Lab.Tests;

/// <summary>Topologies and names for labs.</summary>
internal static class LabFactory
{
    private static int _made;

    /// <summary>Two pods on node one, one pod and one host-network pod on node two, and two outside hosts; all with both families.</summary>
    public static LabTopology TwoNodes { get; } = new(
        [new("one", Addresses("192.168.7.1", "fd07::1")), new("two", Addresses("192.168.7.2", "fd07::2"))],
        [
            new("shop/web", "one", Addresses("10.1.0.5", "fd10::5"), [new(Model.Net.Protocol.Tcp, 8080)]),
            new("shop/api", "one", Addresses("172.20.9.9", "fd10:0:0:9::9"), []),
            new("data/db", "two", Addresses("10.1.0.6", "fd10::6"), [new(Model.Net.Protocol.Tcp, 5432), new(Model.Net.Protocol.Udp, 5432)]),
            new("kube-system/proxy", "two", Addresses("192.168.7.2", "fd07::2"), [], HostNetwork: true),
        ],
        Addresses("203.0.113.7", "169.254.169.254", "2001:db8::7"));

    /// <summary>Returns a name that no other process and no other test uses.</summary>
    public static string NewName() => $"t{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";

    public static LabNetwork Create(LabTopology topology)
    {
        RequireRoot();
        return LabNetwork.Create(topology, NewName());
    }

    /// <summary>Marks the test as skipped, with the reason, when this process cannot make labs.</summary>
    public static void RequireRoot()
    {
        TestRequirements.Kernel();
    }

    public static IPAddress[] Addresses(params string[] addresses) => [.. addresses.Select(IPAddress.Parse)];

    /// <summary>Returns every ordered pair of different addresses of one family.</summary>
    public static IEnumerable<(IPAddress From, IPAddress To)> Pairs(LabTopology topology)
    {
        var all = topology.Nodes.SelectMany(node => node.Addresses)
            .Concat(topology.Pods.SelectMany(pod => pod.Addresses))
            .Concat(topology.Outside)
            .Distinct()
            .ToList();
        return from source in all
               from destination in all
               where source.AddressFamily == destination.AddressFamily && !source.Equals(destination)
               select (source, destination);
    }

    public static Probe Tcp(string from, string to, bool? expectAllow = null, ushort port = 8080) =>
        new(IPAddress.Parse(from), IPAddress.Parse(to), Model.Net.Protocol.Tcp, port, expectAllow);

    /// <summary>Loads rules in a node's namespace with <c>nft</c>.</summary>
    public static void Nft(LabNode node, string rules) => node.Run(() => Feed("nft", "-f", rules));

    /// <summary>Runs <c>ip</c> commands in the caller's namespace.</summary>
    public static void Ip(IEnumerable<string> commands) => Feed("ip", "-batch", string.Join('\n', commands));

    /// <summary>Loads a base chain with one rule at the hook and priority that NetPol uses.</summary>
    public static void Forward(LabNode node, string rule) =>
        Nft(node, $$"""table inet t { chain forward { type filter hook forward priority filter; ct state established,related accept; {{rule}}; }; }""");

    private static void Feed(string tool, string option, string text)
    {
        using var run = Process.Start(new ProcessStartInfo(tool, [option, "-"]) { RedirectStandardInput = true, UseShellExecute = false })!;
        run.StandardInput.Write(text);
        run.StandardInput.Close();
        run.WaitForExit();
        Assert.AreEqual(0, run.ExitCode, $"{tool} refused what the test asks for");
    }
}
