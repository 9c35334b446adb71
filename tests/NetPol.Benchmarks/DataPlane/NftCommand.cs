using System.Diagnostics;
using NetPol.Lab;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>The reference tool, for the rivals' rules and as a rival itself.</summary>
internal static class NftCommand
{
    /// <summary>Loads text by <c>nft -f</c> in a node's namespace.</summary>
    /// <returns>How long the command took, its start included.</returns>
    /// <exception cref="InvalidOperationException">nft refused it.</exception>
    public static TimeSpan Load(LabNode node, string text)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            var start = Stopwatch.GetTimestamp();
            using var nft = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", node.NamespaceName, "nft", "-f", file]) { RedirectStandardError = true, UseShellExecute = false })
                ?? throw new InvalidOperationException("ip did not start");
            var error = nft.StandardError.ReadToEnd();
            nft.WaitForExit();
            return nft.ExitCode == 0 ? Stopwatch.GetElapsedTime(start) : throw new InvalidOperationException($"nft: {error}");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
