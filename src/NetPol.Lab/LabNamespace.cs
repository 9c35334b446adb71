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

    /// <param name="id">Pod id, node name or outside address: what the listeners call themselves.</param>
    /// <param name="networkNamespace">Its name under <c>/run/netns</c>.</param>
    /// <param name="addresses">What it answers to; empty for the core.</param>
    /// <param name="routes">Whether it forwards for others.</param>
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

    /// <summary>Runs on a thread inside the namespace, and returns when it has run; what it throws is thrown here.</summary>
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

    /// <summary>Closes the listeners; the namespace stays for whoever removes it by name.</summary>
    public void Dispose()
    {
        _listeners.Dispose();
        _namespace?.Dispose();
    }
}

/// <summary>A command inside a network namespace.</summary>
internal static class NamespaceCommand
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

/// <summary>
/// The names of a lab's namespaces: a function of the lab's name and the inhabitant's, so that another process finds them with no
/// record kept anywhere. A lab's name has no dot, hence <c>netpol-lab-LAB.</c> starts the names of this lab and of no other.
/// </summary>
internal static partial class LabNames
{
    private const string Start = "netpol-lab-";

    // A file name has 255 bytes; the lab's name and the longest kind take less than a hundred of them.
    private const int LongestPlainName = 150;

    public static string Prefix(string lab) => $"{Start}{lab}.";

    public static string Core(string lab) => $"{Prefix(lab)}core";

    public static string Node(string lab, string name) => $"{Prefix(lab)}node.{FileName(name)}";

    public static string Pod(string lab, string id) => $"{Prefix(lab)}pod.{FileName(id)}";

    public static string Outside(string lab, string address) => $"{Prefix(lab)}outside.{FileName(address)}";

    /// <summary>The lab that a namespace belongs to; null when its name is not one that a lab gives.</summary>
    public static string? FindLab(string networkNamespace)
    {
        if (!networkNamespace.StartsWith(Start, StringComparison.Ordinal))
            return null;
        var dot = networkNamespace.IndexOf('.', StringComparison.Ordinal);
        return dot > Start.Length ? networkNamespace[Start.Length..dot] : null;
    }

    /// <summary>Throws a <see cref="LabException"/> unless the name is one to forty lower-case letters, digits and dashes.</summary>
    public static void Validate(string lab)
    {
        if (!LabName().IsMatch(lab))
            throw new LabException($"'{lab}' cannot name a lab: write 1 to 40 lower-case letters, digits and dashes");
    }

    // Kubernetes names have no slash and a Kubernetes namespace's has no dot: `namespace.pod` stands for one pod only.
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
