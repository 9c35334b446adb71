using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetPol.Netlink.Namespaces;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests;

/// <summary>The built program, started as an operator starts it.</summary>
[TestClass]
public sealed class AgentProgramTests
{
    private const int Port = 9999;

    [TestMethod, TestCategory("Kernel")]
    [DataRow("--local-port")]
    [DataRow("--metrics-port")]
    public async Task A_port_that_is_taken_is_named_in_one_line(string flag)
    {
        TestRequirements.Kernel();
        using var node = NetworkNamespace.Create($"npt-port-{Guid.NewGuid():N}"[..20]);
        try
        {
            using (var up = Process.Start("ip", ["-n", node.Name, "link", "set", "lo", "up"]))
                await up.WaitForExitAsync();
            using var taken = node.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            taken.Bind(new IPEndPoint(IPAddress.Any, Port));
            taken.Listen();

            var (code, output, error) = await RunAsync(["ip", "netns", "exec", node.Name], "--node", "n1", "--controller", "127.0.0.1:1", flag, $"{Port}");

            Assert.AreEqual(1, code, error + output);
            Assert.MatchesRegex($"^netpol-agent: Failed to bind to address [^ ]+:{Port}: address already in use. Choose another port with its flag, or stop the program that listens there.\n$", error);
            Assert.DoesNotContain("Microsoft.", output);
        }
        finally
        {
            NetworkNamespace.Delete(node.Name);
        }
    }

    [TestMethod, TestCategory("Process")]
    public async Task Wrong_settings_are_a_line_each()
    {
        var (code, _, error) = await RunAsync([], "--flow-logs", "some", "--unready-after", "soon", "--metrics-level", "Tier");

        Assert.AreEqual(2, code, error);
        Assert.AreEqual(
            """
            netpol-agent: --unready-after: "soon" on the command line is not valid: write a number of minutes from 1 to 1000000
            netpol-agent: --flow-logs: "some" on the command line is not valid: write none, denied or all

            """, error);
    }

    [TestMethod, TestCategory("Process")]
    public async Task A_missing_node_and_a_rate_of_zero_are_named()
    {
        var (code, _, error) = await RunAsync([], "--controller", "c:9443", "--flow-log-rate", "0");

        Assert.AreEqual(2, code, error);
        Assert.AreEqual(
            """
            netpol-agent: --node: it is missing: write the name of this Node, or set NODE_NAME
            netpol-agent: --flow-log-rate: "0" on the command line is not valid: write a number from 1 to 1000000

            """, error);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] before, params string[] arguments)
    {
        TestRequirements.Process();
        string[] command = [.. before, "dotnet", Path.Combine(AppContext.BaseDirectory, "netpol-agent.dll"), .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment.Remove("NODE_NAME");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }
}
