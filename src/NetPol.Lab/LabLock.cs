using System.Net.Sockets;
using System.Runtime.InteropServices;
using NetPol.Netlink.Namespaces;

namespace NetPol.Lab;

/// <summary>
/// Owns the name of a lab: an abstract Unix socket that the kernel gives to one process, and releases however that process ends.
/// A process that connects to the socket asks the owner to remove the lab. The owner closes the connection when the lab is removed.
/// </summary>
internal sealed class LabLock : IDisposable
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private readonly Socket _socket;
    private readonly List<Socket> _clients = [];
    private readonly CancellationTokenSource _stopRequested = new();
    private readonly Thread _acceptor;

    private LabLock(Socket socket)
    {
        _socket = socket;
        _acceptor = new Thread(Accept) { IsBackground = true, Name = "lab owner" };
        _acceptor.Start();
    }

    /// <summary>Canceled when another process asks the owner to remove the lab.</summary>
    public CancellationToken StopRequested => _stopRequested.Token;

    /// <summary>Returns the lock; null when a live process, perhaps this one, already owns the lab.</summary>
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

    /// <summary>Returns the id of the process that owns the lab; null when no process does.</summary>
    public static int? Owner(string lab)
    {
        using var socket = Connect(lab);
        return socket is null ? null : Peer(socket).Pid;
    }

    /// <summary>Asks the owner to remove the lab. Returns true when the lab has no owner; false when its owner still has it after <paramref name="wait"/>.</summary>
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
        // Shutdown wakes the accepting thread. The name is free before the connected processes see end of file.
        _socket.Shutdown(SocketShutdown.Both);
        _acceptor.Join();
        _socket.Dispose();
        foreach (var client in _clients)
            client.Dispose();
        _stopRequested.Dispose();
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
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            socket.Dispose();
            return null;
        }
    }

    private static (int Pid, int Uid) Peer(Socket socket)
    {
        // struct ucred: pid, uid and gid, each an int in host byte order.
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return (MemoryMarshal.Read<int>(credentials), MemoryMarshal.Read<int>(credentials[4..]));
    }

    private void Accept()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = _socket.Accept();
            }
            catch (SocketException)
            {
                return;
            }

            if (IsStopRequest(client))
            {
                _clients.Add(client);
                // Cancel on another thread: a callback may dispose the lock, and Dispose waits for this thread.
                _ = _stopRequested.CancelAsync();
            }
            else
            {
                client.Dispose();
            }
        }
    }

    // Abstract names have no permissions, so the owner accepts requests from root only. A process that only queries the owner's pid sends nothing.
    private static bool IsStopRequest(Socket client)
    {
        client.ReceiveTimeout = 1000;
        try
        {
            return Peer(client).Uid == 0 && client.Receive(new byte[4]) == 4;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>Finds and removes the namespaces of labs under <c>/run/netns</c>, their only record.</summary>
internal static class StaleLabs
{
    private const string Folder = "/run/netns";

    /// <summary>Returns the path of the namespace of a pod, node or outside address.</summary>
    public static string Find(string lab, string id)
    {
        string[] names = [LabNames.Pod(lab, id), LabNames.Node(lab, id), LabNames.Outside(lab, id)];
        return names.FirstOrDefault(name => File.Exists(Path.Combine(Folder, name))) ?? throw new LabException(Describe(lab, id));
    }

    /// <summary>Gives a namespace a second name, as a symbolic link.</summary>
    public static void Alias(string alias, string networkNamespace) => File.CreateSymbolicLink(Path.Combine(Folder, alias), networkNamespace);

    /// <summary>Removes the namespaces of one lab, whose lock the caller must own. Returns the number of names removed.</summary>
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

    /// <summary>Removes the labs whose owners ended without removing them.</summary>
    public static void RemoveUnowned()
    {
        foreach (var lab in NetworkNamespace.List().Select(LabNames.FindLab).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            using var labLock = LabLock.TryTake(lab);
            if (labLock is not null)
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

    /// <summary>Returns the display name of a pod, node or outside address from the end of a namespace's name; null when the name is not one of these.</summary>
    private static string? DescribeOwner(string rest) => rest.Split('.', 3) switch
    {
        ["pod", var podNamespace, var pod] => $"{podNamespace}/{pod}",
        ["node" or "outside", ..] => rest[(rest.IndexOf('.', StringComparison.Ordinal) + 1)..],
        _ => null,
    };
}
