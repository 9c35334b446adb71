using System.Text.Json;

namespace NetPol.Cli.Tests.Cases;

/// <summary>Asks the command for a verdict.</summary>
internal static class Verdicts
{
    /// <summary><c>allow</c> or <c>deny</c>: what <c>explain</c> answers about a connection between the objects of some files.</summary>
    public static Task<string> OfAsync(string file, string from, string to, string port, params string[] more) =>
        AskAsync(null, ["-f", file, "--from", from, "--to", to, "--port", port, .. more]);

    /// <summary>As <see cref="OfAsync"/>, for objects that are written in the test.</summary>
    public static Task<string> OfTextAsync(string manifests, string from, string to, string port, params string[] more) =>
        AskAsync(manifests, ["-f", "-", "--from", from, "--to", to, "--port", port, .. more]);

    private static async Task<string> AskAsync(string? input, string[] arguments)
    {
        var outcome = await NetPolProcess.RunAsync(input, ["explain", "-o", "json", .. arguments]);
        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        return json.RootElement.GetProperty("verdict").GetString()!;
    }
}
