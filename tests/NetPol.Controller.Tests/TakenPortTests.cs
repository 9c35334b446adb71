using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests;

/// <summary>The real executables, started while another program listens on one of their ports.</summary>
[TestClass, TestCategory("Process")]
public sealed class TakenPortTests
{
    private const string Kubeconfig = """
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
        users: [{name: u, user: {token: t}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """;

    [TestMethod]
    [DataRow("--local-port", "--port")]
    [DataRow("--metrics-port", "--local-port")]
    public async Task The_controller_names_it_in_one_line(string flag, string other)
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, Kubeconfig);
        var (code, output, error) = await RunAsync("--kubeconfig", file, flag, $"{port}", other, $"{PrivateApiServer.FreePorts(1)[0]}");
        File.Delete(file);
        Assert.AreEqual(1, code, error + output);
        Assert.MatchesRegex($"^netpol-controller: Failed to bind to address [^ ]+:{port}: address already in use. Choose another port with its flag, or stop the program that listens there.\n$", error);
        Assert.DoesNotContain("Microsoft.", output);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        TestRequirements.Process();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "netpol-controller.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, error);
    }
}
