using System.ComponentModel;
using System.Diagnostics;
using NetPol.Netlink.Namespaces;

namespace NetPol.Lab;

/// <summary>A command inside a network namespace.</summary>
internal static class LabCommand
{
    /// <summary>A child belongs to the namespace of the thread that started it: nothing has to be done in the child. Returns its exit code.</summary>
    public static int Run(string networkNamespace, IReadOnlyList<string> command, CancellationToken cancel)
    {
        if (command.Count == 0)
            throw new LabException("no command was given");
        using var inside = NetworkNamespace.Open(networkNamespace);
        using var child = inside.Run(() => Start(command));
        using var killing = cancel.Register(() => child.Kill(entireProcessTree: true));
        child.WaitForExit();
        return child.ExitCode;
    }

    private static Process Start(IReadOnlyList<string> command)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false })
                ?? throw new InvalidOperationException("a process that is not started through a shell is always a new one");
        }
        catch (Win32Exception error)
        {
            // The exception's own text speaks of a working directory; the errno's text is what a shell would say.
            throw new LabException($"{command[0]}: {new Win32Exception(error.NativeErrorCode).Message}", error);
        }
    }
}
