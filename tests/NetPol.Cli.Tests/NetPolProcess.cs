using System.Diagnostics;
using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests;

/// <summary>Runs the built command as a shell would, with both outputs redirected.</summary>
internal static class NetPolProcess
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static Task<Outcome> RunAsync(params string[] arguments) => RunAsync(null, arguments);

    public static async Task<Outcome> RunAsync(string? input, string[] arguments)
    {
        TestRequirements.Process();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "netpol.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // A test must not reach a cluster that it does not name.
        start.Environment["KUBECONFIG"] = "";
        start.Environment["HOME"] = AppContext.BaseDirectory;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"netpol {string.Join(' ', arguments)} did not end within {Timeout}", late);
        }
        return new(process.ExitCode, await output, await error);
    }

    internal sealed record Outcome(int ExitCode, string Output, string Error);
}

/// <summary>A YAML file that exists until disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netpol-input-");

    public TemporaryFile(string text) => File.WriteAllText(Path, text);

    public string Path => System.IO.Path.Combine(_folder.FullName, "input.yaml");

    public void Dispose() => _folder.Delete(recursive: true);
}
