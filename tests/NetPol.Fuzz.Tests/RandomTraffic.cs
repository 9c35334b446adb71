using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using NetPol.Testing.ApiServer;

namespace NetPol.Fuzz.Tests;

/// <summary>What a caller without a good token may send: each step is one connection. The same seed sends the same.</summary>
/// <param name="seed">Of everything that is chosen.</param>
/// <param name="controller">Who is called.</param>
/// <param name="source">From which address.</param>
internal sealed class RandomTraffic(int seed, ControllerProcess controller, IPAddress source)
{
    /// <summary>How long one step may take: a controller that keeps the connection of an unauthenticated client open is left.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private static readonly string[] Paths =
    [
        UnauthenticatedClient.Flows, "/netpol.flow.v1.FlowRecords/GetOwners", "/netpol.flow.v1.FlowRecords/Observe", "/netpol.node.v1.NodeRules/Sync", "/netpol.inspection.v1.Inspections/Serve",
        "/netpol.inspection.v1.Inspections/Ask", "/netpol.stats.v1.NodeStatsService/Report", "/", "/view", "/state", "/metrics", "/%00", "/../..", "*", "",
    ];

    private Random _random = new(seed);
    private int _step;

    /// <summary>How many steps were taken, by what they were.</summary>
    public SortedDictionary<string, int> Steps { get; } = new(StringComparer.Ordinal);

    public async Task StepAsync(CancellationToken cancel)
    {
        (string Name, Func<RawConnection, CancellationToken, Task> Send, bool Tls)[] steps =
        [
            ("bytes before TLS", SendBytesAsync, false), ("bytes", SendBytesAsync, true), ("frames", SendFramesAsync, true), ("requests", SendRequestsAsync, true),
            ("headers without end", SendContinuationsAsync, true), ("header bomb", SendHeaderBombAsync, true), ("resets", SendResetsAsync, true),
            ("control frames", SendControlFramesAsync, true), ("zipped bodies", SendZippedAsync, true), ("slow body", SendSlowlyAsync, true), ("HTTP/1", SendOldAsync, true),
            ("metrics", SendOldAsync, false),
        ];
        // Of its own, so that a step does not depend on how far the one before it came.
        _random = new(unchecked((seed * 7919) + _step++));
        var (name, send, tls) = steps[_random.Next(steps.Length)];
        Steps[name] = Steps.GetValueOrDefault(name) + 1;
        var port = string.Equals(name, "metrics", StringComparison.Ordinal) ? controller.MetricsPort : _random.Next(4) == 0 ? controller.PagePort : controller.Port;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(Longest);
        try
        {
            await using var connection = await RawConnection.OpenAsync(port, source, tls, timeout.Token);
            await send(connection, timeout.Token);
            // Some wait for what the controller says to it, most do not.
            if (_random.Next(4) == 0)
                await connection.ClosedAsync(timeout.Token);
        }
        catch (Exception error) when (error is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
        {
            // It was refused or closed, as it may be.
        }
    }

    private byte[] Bytes(int most)
    {
        var bytes = new byte[_random.Next(most)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text(int most) => string.Create(_random.Next(1, most), _random, (text, random) =>
    {
        for (var i = 0; i < text.Length; i++)
            text[i] = (char)random.Next(33, 127);
    });

    private string Token() => _random.Next(4) switch
    {
        0 => Text(2000),
        1 => TestToken.Make(Text(40).Replace("\"", "", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal)),
        2 => $"{TestToken.Make("x")}.{Text(10)}",
        _ => string.Join('.', Enumerable.Range(0, 3).Select(_ => System.Buffers.Text.Base64Url.EncodeToString(Bytes(200)))),
    };

    private byte[] Headers()
    {
        var headers = new List<byte>(Http2.Request(Paths[_random.Next(Paths.Length)]));
        if (_random.Next(3) > 0)
            headers.AddRange(Http2.Header("authorization", $"Bearer {Token()}"));
        if (_random.Next(2) == 0)
            headers.AddRange(Http2.Header("content-type", "application/grpc"));
        if (_random.Next(3) == 0)
            headers.AddRange(Http2.Header("grpc-encoding", _random.Next(2) == 0 ? "gzip" : Text(20)));
        if (_random.Next(3) == 0)
            headers.AddRange(Http2.Header("content-length", $"{_random.NextInt64(long.MaxValue)}"));
        for (var more = _random.Next(6); more > 0; more--)
            headers.AddRange(Http2.Header(Text(20).ToLowerInvariant(), Text(200)));
        return [.. headers];
    }

    private Task SendBytesAsync(RawConnection connection, CancellationToken cancel) =>
        connection.WriteAsync(_random.Next(2) == 0 ? Bytes(4096) : [.. Http2.Preface, .. Bytes(4096)], cancel);

    private async Task SendFramesAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(Http2.Preface, cancel);
        for (var frames = _random.Next(1, 60); frames > 0 && !connection.IsClosed; frames--)
        {
            var payload = _random.Next(3) == 0 ? Headers() : Bytes(_random.Next(2) == 0 ? 64 : 16_000);
            await connection.WriteAsync(Http2.Frame((byte)_random.Next(12), (byte)_random.Next(256), _random.Next(40), payload), cancel);
        }
    }

    private async Task SendRequestsAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(Http2.Preface, cancel);
        for (var stream = 1; stream < 2 * _random.Next(2, 200) && !connection.IsClosed; stream += 2)
        {
            await connection.WriteAsync(Http2.Frame(Http2.Headers, Http2.EndHeaders, stream, Headers()), cancel);
            await connection.WriteAsync(Http2.Frame(Http2.Data, (byte)(_random.Next(4) == 0 ? Http2.EndStream : 0), stream, Bytes(16_000)), cancel);
        }
    }

    /// <summary>HEADERS and CONTINUATION frames that never say END_HEADERS.</summary>
    private async Task SendContinuationsAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync([.. Http2.Preface, .. Http2.Frame(Http2.Headers, 0, 1, Http2.Request("/"))], cancel);
        for (var frames = 0; frames < 5000 && !connection.IsClosed; frames++)
            await connection.WriteAsync(Http2.Frame(Http2.Continuation, 0, 1, _random.Next(2) == 0 ? [] : Http2.Header(Text(30).ToLowerInvariant(), Text(3000))), cancel);
    }

    /// <summary>One header of 4 kB that is remembered, and then named by its number many times.</summary>
    private async Task SendHeaderBombAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(Http2.Preface, cancel);
        var again = Enumerable.Repeat((byte)(0x80 | 62), _random.Next(1, 16_000)).ToArray();
        for (var stream = 1; stream < 200 && !connection.IsClosed; stream += 2)
            await connection.WriteAsync(Http2.Frame(Http2.Headers, Http2.EndHeaders | Http2.EndStream, stream, [.. Http2.Request("/"), .. Http2.RememberedHeader("x", new('y', 3900)), .. again]), cancel);
    }

    /// <summary>Requests that are taken back at once (CVE-2023-44487).</summary>
    private async Task SendResetsAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(Http2.Preface, cancel);
        var headers = Headers();
        for (var stream = 1; stream < 4000 && !connection.IsClosed; stream += 2)
            await connection.WriteAsync([.. Http2.Frame(Http2.Headers, Http2.EndHeaders, stream, headers), .. Http2.Frame(Http2.Reset, 0, stream, [0, 0, 0, 8])], cancel);
    }

    private async Task SendControlFramesAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(Http2.Preface, cancel);
        byte[] frame = _random.Next(4) switch
        {
            0 => Http2.Frame(Http2.Ping, 0, 0, new byte[8]),
            1 => Http2.Frame(Http2.Settings, 0, 0, [0, 4, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]),
            2 => Http2.Frame(Http2.WindowUpdate, 0, 0, [0x7f, 0xff, 0xff, 0xff]),
            _ => Http2.Frame(Http2.Priority, 0, 1, [0, 0, 0, 3, 1]),
        };
        var many = Enumerable.Repeat(frame, 200).SelectMany(f => f).ToArray();
        for (var times = 0; times < 50 && !connection.IsClosed; times++)
            await connection.WriteAsync(many, cancel);
    }

    private async Task SendZippedAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync(Http2.Preface, cancel);
        var body = UnauthenticatedClient.EmptyRecords(4 << 20, isZipped: true);
        for (var stream = 1; stream < 60 && !connection.IsClosed; stream += 2)
        {
            byte[] headers = [.. Http2.Request(UnauthenticatedClient.Flows), .. Http2.Header("content-type", "application/grpc"), .. _random.Next(2) == 0 ? Http2.Header("grpc-encoding", "gzip") : []];
            await connection.WriteAsync([.. Http2.Frame(Http2.Headers, Http2.EndHeaders, stream, headers), .. Http2.Frame(Http2.Data, Http2.EndStream, stream, body)], cancel);
        }
    }

    private async Task SendSlowlyAsync(RawConnection connection, CancellationToken cancel)
    {
        await connection.WriteAsync([.. Http2.Preface, .. Http2.Frame(Http2.Headers, Http2.EndHeaders, 1, Headers())], cancel);
        for (var bytes = _random.Next(50); bytes > 0 && !connection.IsClosed; bytes--)
            await connection.WriteAsync(Http2.Frame(Http2.Data, 0, 1, Bytes(2)), cancel);
        await connection.ClosedAsync(cancel);
    }

    private async Task SendOldAsync(RawConnection connection, CancellationToken cancel)
    {
        var request = $"{(_random.Next(2) == 0 ? "GET" : Text(10))} {Paths[_random.Next(Paths.Length)]} HTTP/1.1\r\nHost: x\r\n{Text(100)}: {Text(20_000)}\r\nContent-Length: {_random.NextInt64(long.MaxValue)}\r\n";
        await connection.WriteAsync([.. System.Text.Encoding.Latin1.GetBytes(request), .. _random.Next(2) == 0 ? "\r\n"u8.ToArray() : [], .. Bytes(30_000)], cancel);
    }
}
