using System.Diagnostics;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests;

/// <summary>The built program, started as an operator starts it, with something that it needs missing.</summary>
[TestClass, TestCategory("Process")]
public sealed class ControllerProgramTests
{
    private const string NoFile = "/nonexistent/kubeconfig";

    [TestMethod]
    public async Task Without_a_cluster_it_says_what_to_name()
    {
        var (code, error) = await RunAsync();

        Assert.AreEqual((2, "netpol-controller: there is no cluster: run it in a pod with a service account, or name a kubeconfig with --kubeconfig\n"), (code, error));
    }

    [TestMethod]
    public async Task A_kubeconfig_that_is_missing_is_named()
    {
        var (code, error) = await RunAsync("--kubeconfig", NoFile);

        Assert.AreEqual((2, $"netpol-controller: --kubeconfig {NoFile}: kubeconfig file not found at {NoFile}\n"), (code, error));
    }

    [TestMethod]
    [DataRow("", "it is not a complete kubeconfig")]
    [DataRow("clusters: []\n", "Cannot infer server host url")]
    [DataRow("a: [\n", "it is not a kubeconfig")]
    [DataRow("[1]\n", "it is not a kubeconfig")]
    public async Task A_file_that_is_no_kubeconfig_is_refused_in_one_line(string text, string reason)
    {
        var folder = Directory.CreateTempSubdirectory("npt-kubeconfig-");
        try
        {
            var file = Path.Combine(folder.FullName, "config");
            await File.WriteAllTextAsync(file, text);

            var (code, error) = await RunAsync("--kubeconfig", file);

            Assert.AreEqual(2, code, error);
            StringAssert.StartsWith(error, $"netpol-controller: --kubeconfig {file}: {reason}", StringComparison.Ordinal);
            Assert.AreEqual(1, error.Count(c => c == '\n'), error);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        TestRequirements.Process();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "netpol-controller.dll"), .. arguments]) { RedirectStandardError = true, UseShellExecute = false };
        start.Environment.Remove("KUBERNETES_SERVICE_HOST");
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, error);
    }
}
