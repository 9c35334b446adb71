using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace NetPol.Fuzz.Tests;

/// <summary>A connection that sends any bytes. It reads and discards the answers.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly Task _reading;

    private RawConnection(Socket socket, Stream stream)
    {
        (_socket, _stream) = (socket, stream);
        _reading = ReadAsync();
    }

    /// <summary>Whether the other end has closed it.</summary>
    public bool IsClosed => _reading.IsCompleted;

    /// <exception cref="IOException">It was closed.</exception>
    /// <exception cref="SocketException">It was refused.</exception>
    public static async Task<RawConnection> OpenAsync(int port, IPAddress source, bool tls, CancellationToken cancel)
    {
        var socket = await UnauthenticatedClient.ConnectAsync(port, source, cancel);
        Stream stream = new NetworkStream(socket);
        try
        {
            if (tls)
            {
                var safe = new SslStream(stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
                stream = safe;
                await safe.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "x", ApplicationProtocols = [SslApplicationProtocol.Http2] }, cancel);
            }
            return new(socket, stream);
        }
        catch
        {
            await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">It was closed.</exception>
    public async Task WriteAsync(byte[] bytes, CancellationToken cancel)
    {
        await _stream.WriteAsync(bytes, cancel);
        await _stream.FlushAsync(cancel);
    }

    /// <summary>Waits until the other end has closed it.</summary>
    public Task ClosedAsync(CancellationToken cancel) => _reading.WaitAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        // A close that is felt at once, whatever was not read.
        _socket.LingerState = new(enable: true, 0);
        _socket.Dispose();
        await _reading;
        await _stream.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer) > 0)
                await Task.Yield();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // Closed.
        }
    }
}

/// <summary>HTTP/2 on the wire (RFC 9113, RFC 7541), right or not.</summary>
internal static class Http2
{
    public const byte Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    public const byte EndStream = 1, EndHeaders = 4;

    public static byte[] Preface { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [])];

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];

    /// <summary>A header that is not remembered.</summary>
    public static byte[] Header(string name, string value) => [0, .. Text(name), .. Text(value)];

    /// <summary>A header that both ends remember: index 62 from then on.</summary>
    public static byte[] RememberedHeader(string name, string value) => [0x40, .. Text(name), .. Text(value)];

    /// <summary>What every request must have.</summary>
    public static byte[] Request(string path) => [.. Header(":method", "POST"), .. Header(":scheme", "https"), .. Header(":authority", "x"), .. Header(":path", path)];

    private static byte[] Text(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        return [.. Length(bytes.Length), .. bytes];
    }

    private static byte[] Length(int length)
    {
        if (length < 127)
            return [(byte)length];
        var bytes = new List<byte> { 127 };
        for (length -= 127; length >= 128; length >>= 7)
            bytes.Add((byte)(length | 128));
        bytes.Add((byte)length);
        return [.. bytes];
    }
}
