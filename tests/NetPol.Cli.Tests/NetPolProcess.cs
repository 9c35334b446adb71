using System.Diagnostics;
using NetPol.Testing;

namespace NetPol.Cli.Tests;

/// <summary>The built command, run as a person's shell would run it with both outputs redirected.</summary>
internal static class NetPolProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static Task<Outcome> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    public static async Task<Outcome> RunAsync(string? input, string[] arguments)
    {
        Needs.Process();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "netpol.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // No test asks a cluster that it did not name.
        start.Environment["KUBECONFIG"] = "";
        start.Environment["HOME"] = AppContext.BaseDirectory;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"netpol {string.Join(' ', arguments)} did not end within {Patience}", late);
        }
        return new(process.ExitCode, await output, await error);
    }

    internal sealed record Outcome(int ExitCode, string Output, string Error);
}
