using System.Net.Sockets;
using System.Runtime.InteropServices;

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
