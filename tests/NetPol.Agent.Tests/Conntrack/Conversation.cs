using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetPol.Agent.Tests.Conntrack;

/// <summary>
/// The two ends of one connection, with packets seen both ways. On the lab's lines a packet that is let through has arrived when the call
/// that sent it returns.
/// </summary>
internal sealed class Conversation : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Only for a machine that is so busy that packets are delivered later.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    private readonly Socket _near;
    private readonly Socket _far;

    private Conversation(Socket near, Socket far) => (_near, _far) = (near, far);

    public static Conversation Open(
        Func<Func<Socket>, Socket> inside, IPAddress from, Func<Func<Socket>, Socket> farInside, IPAddress to, IPAddress dialed, ushort port, ProtocolType protocol, ushort nearPort = 0)
    {
        var type = protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram;
        var near = inside(() => new(from.AddressFamily, type, protocol));
        var listener = farInside(() => new(to.AddressFamily, type, protocol));
        near.Bind(new IPEndPoint(from, nearPort));
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(to, port));
        return protocol == ProtocolType.Tcp ? OpenTcp(near, listener, new(dialed, port)) : OpenUdp(near, listener, new(dialed, port));
    }

    /// <summary>Whether a packet that the near end, which began, sends arrives.</summary>
    public bool Asks() => Arrives(_near, _far, Timeout);

    /// <summary>Whether a packet that the far end sends arrives.</summary>
    public bool Answers() => Arrives(_far, _near, Timeout);

    /// <summary>Whether nothing arrives of what the near end sends.</summary>
    public bool AsksInVain() => !Arrives(_near, _far, Silence);

    /// <summary>Whether nothing arrives of what the far end sends.</summary>
    public bool AnswersInVain() => !Arrives(_far, _near, Silence);

    /// <summary>Lets the far end say a line to the near end.</summary>
    public void FarSays(string line)
    {
        _far.Send(Encoding.ASCII.GetBytes(line + "\r\n"));
        Assert.IsTrue(_near.Poll(Timeout, SelectMode.SelectRead), "the line arrives while nothing is forbidden");
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    private static Conversation OpenTcp(Socket near, Socket listener, IPEndPoint dialed)
    {
        using (listener)
        {
            listener.Listen();
            near.Connect(dialed);
            near.NoDelay = true;
            var far = listener.Accept();
            far.NoDelay = true;
            return Proved(new(near, far));
        }
    }

    private static Conversation OpenUdp(Socket near, Socket far, IPEndPoint dialed)
    {
        near.Connect(dialed);
        near.Send([1]);
        EndPoint from = new IPEndPoint(dialed.Address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        far.ReceiveTimeout = 10_000;
        far.ReceiveFrom(new byte[1], ref from);
        far.Connect(from);
        return Proved(new(near, far));
    }

    private static Conversation Proved(Conversation talk)
    {
        Assert.IsTrue(talk.Answers(), "the answer arrives while nothing is forbidden");
        Assert.IsTrue(talk.Asks(), "the packet arrives while nothing is forbidden");
        return talk;
    }

    private static bool Arrives(Socket from, Socket to, TimeSpan timeout)
    {
        while (to.Available > 0)
            to.Receive(new byte[64]);
        from.Send([1]);
        return to.Poll(timeout, SelectMode.SelectRead) && to.Available > 0;
    }
}
