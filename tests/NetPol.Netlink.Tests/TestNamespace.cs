using System.Diagnostics;
using NetPol.Netlink.Namespaces;
using NetPol.Testing.Infrastructure;

namespace NetPol.Netlink.Tests;

/// <summary>A network namespace for one test, deleted at its end.</summary>
internal sealed class TestNamespace : IDisposable
{
    public TestNamespace()
    {
        TestRequirements.Kernel();
        Namespace = NetworkNamespace.Create($"npt-{Guid.NewGuid():N}"[..14]);
    }

    public NetworkNamespace Namespace { get; }

    /// <summary>Runs a program in the namespace and returns what it prints; a failure fails the test.</summary>
    public string Exec(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Namespace.Run(() => Process.Start(start)!);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, $"{program} {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }

    public void Dispose()
    {
        Namespace.Dispose();
        NetworkNamespace.Delete(Namespace.Name);
    }
}
