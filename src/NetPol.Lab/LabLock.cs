using System.Net.Sockets;
using System.Runtime.InteropServices;
using NetPol.Netlink.Namespaces;

namespace NetPol.Lab;

/// <summary>
/// Who a lab belongs to: an abstract Unix socket of the lab's name, which the kernel gives to one process and takes back when that
/// process ends, however it ends. A connection to it asks the owner to take the lab down; it is closed when that is done.
/// </summary>
internal sealed class LabLock : IDisposable
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private readonly Socket _socket;
    private readonly List<Socket> _askers = [];
    private readonly CancellationTokenSource _asked = new();
    private readonly Thread _acceptor;

    private LabLock(Socket socket)
    {
        _socket = socket;
        _acceptor = new Thread(Accept) { IsBackground = true, Name = "lab owner" };
        _acceptor.Start();
    }

    /// <summary>Cancelled when another process asked for the lab to be taken down.</summary>
    public CancellationToken StopRequested => _asked.Token;

    /// <summary>Null when a live process, perhaps this one, holds the lab.</summary>
    public static LabLock? TryTake(string lab)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(EndPoint(lab));
            socket.Listen();
            return new LabLock(socket);
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The process that holds the lab; null when none does.</summary>
    public static int? Owner(string lab)
    {
        using var socket = Connect(lab);
        return socket is null ? null : Peer(socket).Pid;
    }

    /// <summary>Asks the owner to take the lab down. False when it still held the lab after <paramref name="wait"/>; true when nobody holds it.</summary>
    public static bool AskToStop(string lab, TimeSpan wait)
    {
        using var socket = Connect(lab);
        if (socket is null)
            return true;
        socket.ReceiveTimeout = (int)wait.TotalMilliseconds;
        try
        {
            socket.Send("stop"u8);
            return socket.Receive(new byte[1]) == 0;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return true;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
        {
            return false;
        }
    }

    public void Dispose()
    {
        // Shutdown wakes the acceptor; the name is free before the askers hear of it.
        _socket.Shutdown(SocketShutdown.Both);
        _acceptor.Join();
        _socket.Dispose();
        foreach (var asker in _askers)
            asker.Dispose();
        _asked.Dispose();
    }

    private static UnixDomainSocketEndPoint EndPoint(string lab) => new($"\0netpol-lab-{lab}");

    private static Socket? Connect(string lab)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(EndPoint(lab));
            return socket;
        }
        catch (SocketException nobody) when (nobody.SocketErrorCode == SocketError.ConnectionRefused)
        {
            socket.Dispose();
            return null;
        }
    }

    private static (int Pid, int Uid) Peer(Socket socket)
    {
        // struct ucred: pid, uid, gid, each an int of the host's order.
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return (MemoryMarshal.Read<int>(credentials), MemoryMarshal.Read<int>(credentials[4..]));
    }

    private void Accept()
    {
        while (true)
        {
            Socket asker;
            try
            {
                asker = _socket.Accept();
            }
            catch (SocketException)
            {
                return;
            }

            if (Asks(asker))
            {
                _askers.Add(asker);
                // Not on this thread: whoever hears of it may dispose the lock, which waits for this thread.
                _ = _asked.CancelAsync();
            }
            else
            {
                asker.Dispose();
            }
        }
    }

    // An abstract name has no permissions: only root may ask, as only root makes labs. Who only looks for the owner says nothing.
    private static bool Asks(Socket asker)
    {
        asker.ReceiveTimeout = 1000;
        try
        {
            return Peer(asker).Uid == 0 && asker.Receive(new byte[4]) == 4;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>What is there of labs under <c>/run/netns</c>, where they have their only record.</summary>
internal static class StaleLabs
{
    private const string Folder = "/run/netns";

    /// <summary>Where the namespace of a pod, node or outside address is.</summary>
    public static string Find(string lab, string id)
    {
        string[] names = [LabNames.Pod(lab, id), LabNames.Node(lab, id), LabNames.Outside(lab, id)];
        return names.FirstOrDefault(name => File.Exists(Path.Combine(Folder, name))) ?? throw new LabException(Describe(lab, id));
    }

    /// <summary>A second name for a namespace.</summary>
    public static void Alias(string alias, string networkNamespace) => File.CreateSymbolicLink(Path.Combine(Folder, alias), networkNamespace);

    /// <summary>Removes the namespaces of one lab, which the caller holds; how many names there were.</summary>
    public static int Remove(string lab)
    {
        var names = NetworkNamespace.List().Where(name => name.StartsWith(LabNames.Prefix(lab), StringComparison.Ordinal)).ToList();
        foreach (var name in names)
        {
            if (File.ResolveLinkTarget(Path.Combine(Folder, name), returnFinalTarget: false) is not null)
                File.Delete(Path.Combine(Folder, name));
            else
                NetworkNamespace.Delete(name);
        }

        return names.Count;
    }

    /// <summary>Removes the labs whose owners have ended without removing them.</summary>
    public static void RemoveUnowned()
    {
        foreach (var lab in NetworkNamespace.List().Select(LabNames.FindLab).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            using var held = LabLock.TryTake(lab);
            if (held is not null)
                Remove(lab);
        }
    }

    private static string Describe(string lab, string id)
    {
        var prefix = LabNames.Prefix(lab);
        var there = NetworkNamespace.List().Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).ToList();
        return there.Count == 0
            ? $"lab '{lab}' is not up"
            : $"lab '{lab}' has no pod, node or outside address {id}; it has {string.Join(", ", there.Select(DescribeOwner).OfType<string>().Order(StringComparer.Ordinal))}";
    }

    /// <summary>What a person calls the one who lives in the rest of a namespace's name; null when nobody does.</summary>
    private static string? DescribeOwner(string rest) => rest.Split('.', 3) switch
    {
        ["pod", var space, var pod] => $"{space}/{pod}",
        ["node" or "outside", ..] => rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..],
        _ => null,
    };
}
