using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using NetPol.Netlink.Namespaces;

namespace NetPol.Lab;

/// <summary>One network namespace of a lab, with its addresses and listeners.</summary>
internal sealed class LabNamespace : IDisposable
{
    private readonly NamespaceListeners _listeners;
    private readonly Lock _listening = new();
    private NetworkNamespace? _namespace;

    /// <param name="id">Pod id, node name or outside address; the listeners answer with it.</param>
    /// <param name="networkNamespace">The file name under <c>/run/netns</c>.</param>
    /// <param name="addresses">The addresses of the namespace; empty for the core.</param>
    /// <param name="routes">Whether the namespace forwards packets.</param>
    public LabNamespace(string id, string networkNamespace, ImmutableArray<IPAddress> addresses, bool routes)
    {
        Id = id;
        NamespaceName = networkNamespace;
        Addresses = addresses;
        IsRouter = routes;
        _listeners = new NamespaceListeners(id);
    }

    public string Id { get; }

    public string NamespaceName { get; }

    public ImmutableArray<IPAddress> Addresses { get; }

    public bool IsRouter { get; }

    public NetworkNamespace Namespace => _namespace ?? throw new InvalidOperationException($"the namespace {NamespaceName} is not there yet");

    public void Create() => _namespace = NetworkNamespace.Create(NamespaceName);

    /// <summary>Runs a function on a thread inside the namespace and waits for its result. Rethrows its exception.</summary>
    public T Run<T>(Func<T> inside) => Namespace.Run(inside);

    public void Run(Action inside) => Namespace.Run(inside);

    /// <summary>Opens the listeners that are not open yet.</summary>
    public void Listen(IReadOnlyCollection<(IPAddress Address, LabPort Port)> places)
    {
        lock (_listening)
        {
            var missing = places.Where(place => !_listeners.Has(place.Address, place.Port)).ToList();
            if (missing.Count == 0)
                return;
            Run(() =>
            {
                foreach (var (address, port) in missing)
                    _listeners.Open(address, port);
            });
        }
    }

    /// <summary>Closes the listeners. The namespace stays until <see cref="StaleLabs.Remove"/> deletes it by name.</summary>
    public void Dispose()
    {
        _listeners.Dispose();
        _namespace?.Dispose();
    }
}

/// <summary>Runs a command inside a network namespace.</summary>
internal static class NamespaceCommand
{
    /// <summary>Returns the exit code. The child inherits the namespace of the thread that starts it, so nothing has to run in the child first.</summary>
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
            // Use the text of the errno, as a shell does: the exception's own text mentions a working directory.
            throw new LabException($"{command[0]}: {new Win32Exception(error.NativeErrorCode).Message}", error);
        }
    }
}

/// <summary>
/// Builds the names of a lab's namespaces from the name of the lab and of the pod, node or host, so that any process can find them.
/// A lab's name has no dot, so only this lab's names start with <c>netpol-lab-LAB.</c>.
/// </summary>
internal static partial class LabNames
{
    private const string Start = "netpol-lab-";

    // A file name has at most 255 bytes; the lab's name and the longest prefix take fewer than 100.
    private const int LongestPlainName = 150;

    public static string Prefix(string lab) => $"{Start}{lab}.";

    public static string Core(string lab) => $"{Prefix(lab)}core";

    public static string Node(string lab, string name) => $"{Prefix(lab)}node.{FileName(name)}";

    public static string Pod(string lab, string id) => $"{Prefix(lab)}pod.{FileName(id)}";

    public static string Outside(string lab, string address) => $"{Prefix(lab)}outside.{FileName(address)}";

    /// <summary>Returns the lab that a namespace belongs to; null when no lab uses such a name.</summary>
    public static string? FindLab(string networkNamespace)
    {
        if (!networkNamespace.StartsWith(Start, StringComparison.Ordinal))
            return null;
        var dot = networkNamespace.IndexOf('.', StringComparison.Ordinal);
        return dot > Start.Length ? networkNamespace[Start.Length..dot] : null;
    }

    /// <summary>Throws a <see cref="LabException"/> unless the name has 1 to 40 lower-case letters, digits and dashes.</summary>
    public static void Validate(string lab)
    {
        if (!LabName().IsMatch(lab))
            throw new LabException($"'{lab}' cannot name a lab: write 1 to 40 lower-case letters, digits and dashes");
    }

    // Kubernetes names have no slash, and Kubernetes namespaces have no dot: `namespace.pod` identifies one pod.
    private static string FileName(string id)
    {
        var name = id.Replace('/', '.');
        return name.Length <= LongestPlainName && PlainName().IsMatch(name)
            ? name
            : $"{Unusual().Replace(name, "_")[..Math.Min(name.Length, LongestPlainName - 20)]}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))[..16]}";
    }

    [GeneratedRegex("^[a-z0-9-]{1,40}$", RegexOptions.NonBacktracking)]
    private static partial Regex LabName();

    [GeneratedRegex("^[A-Za-z0-9.:_-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex PlainName();

    [GeneratedRegex("[^A-Za-z0-9.:_-]", RegexOptions.NonBacktracking)]
    private static partial Regex Unusual();
}
