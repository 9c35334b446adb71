using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace NetPol.Fuzz.Tests;

/// <summary>A caller without a good token, who speaks HTTP/2 as it should be spoken. Each has one connection.</summary>
internal sealed class UnauthenticatedClient : IDisposable
{
    public const string Flows = "/netpol.flow.v1.FlowRecords/Report";

    /// <summary>An address that the controller does not know.</summary>
    public static readonly IPAddress Address = IPAddress.Parse("127.0.0.2");

    private readonly HttpClient _http;
    private readonly int _port;

    public UnauthenticatedClient(int port, IPAddress? source = null)
    {
        _port = port;
        _http = new(new SocketsHttpHandler
        {
            SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null },
            ConnectCallback = async (_, cancel) => new NetworkStream(await ConnectAsync(port, source ?? Address, cancel), ownsSocket: true),
        })
        {
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    /// <summary>A TCP connection that comes from an address of the loopback network.</summary>
    public static async Task<Socket> ConnectAsync(int port, IPAddress source, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(new IPEndPoint(source, 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A batch of flow records that has nothing in it but their number, as a gRPC message.</summary>
    /// <param name="bytes">Of the batch; a record has two.</param>
    /// <param name="isZipped">Whether gzip makes it small.</param>
    public static byte[] EmptyRecords(int bytes, bool isZipped)
    {
        var batch = new byte[bytes];
        for (var i = 0; i + 1 < bytes; i += 2)
            batch[i] = 0x0a;
        using var written = new MemoryStream();
        if (isZipped)
        {
            using var zip = new GZipStream(written, CompressionLevel.SmallestSize, leaveOpen: true);
            zip.Write(batch);
        }
        else
        {
            written.Write(batch);
        }
        var message = written.ToArray();
        return [isZipped ? (byte)1 : (byte)0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];
    }

    /// <summary>Makes a gRPC call.</summary>
    /// <returns>The status, or null when the connection was closed.</returns>
    public Task<int?> CallAsync(byte[] body, string? token = null, string? encoding = null, string path = Flows) => CallAsync(new ByteArrayContent(body), token, encoding, path);

    /// <inheritdoc cref="CallAsync(byte[], string?, string?, string)"/>
    public async Task<int?> CallAsync(HttpContent body, string? token = null, string? encoding = null, string path = Flows)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"https://127.0.0.1:{_port}{path}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        body.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("te", "trailers");
        if (token is not null)
            request.Headers.Add("authorization", $"Bearer {token}");
        if (encoding is not null)
            request.Headers.Add("grpc-encoding", encoding);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var headers = answer.Headers.TryGetValues("grpc-status", out var status) ? status : [];
            return headers.SingleOrDefault() is { } code ? int.Parse(code, System.Globalization.CultureInfo.InvariantCulture) : null;
        }
        catch (Exception error) when (error is HttpRequestException or SocketException)
        {
            // HttpClient lets the second through when the controller closes a connection the moment that it is made.
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>A body that never comes.</summary>
internal sealed class AbsentBody(CancellationToken end) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync(end);
        await Task.Delay(Timeout.Infinite, end);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
