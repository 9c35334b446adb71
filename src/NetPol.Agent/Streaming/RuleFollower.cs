using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetPol.Agent.Enforcing;
using NetPol.Hosting;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Protocol.Wire;

namespace NetPol.Agent.Streaming;

/// <summary>Follows a controller and enforces what it says; when the stream ends, connects again. What is enforced stays meanwhile.</summary>
internal sealed class RuleFollower(AgentOptions options, Enforcer enforcer, AgentState state, Readiness readiness, ControllerLink link, LocalAddresses addresses, TimeProvider time, ILogger<RuleFollower> log) : BackgroundService
{
    /// <summary>In characters.</summary>
    private const int LongestError = 4096;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private static readonly string NameAndVersion = $"netpol-agent/{typeof(RuleFollower).Assembly.GetName().Version?.ToString(3)}";

    private readonly OneTrouble _trouble = new();
    private readonly Backoff _backoff = new(FirstPause, LongestPause);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await FollowAsync(stoppingToken);
                Trouble("the controller ended the stream");
            }
            catch (RpcException worn) when (worn.StatusCode == StatusCode.Unauthenticated && state.IsConnected)
            {
                // The stream outlived its token. That is no trouble: the next shows the one that is in the file by now.
                _trouble.IsOver();
            }
            catch (Exception error) when (IsPassing(error))
            {
                if (stoppingToken.IsCancellationRequested)
                    return;
                Trouble(error is RpcException rpc ? $"{rpc.StatusCode}: {ControllerChannel.Words(rpc)}" : error.Message);
            }
            state.Disconnected(_trouble.Message ?? "the token is renewed");
            await Task.Delay(_backoff.Next(), time, stoppingToken);
        }
    }

    private static bool IsPassing(Exception error) =>
        error is RpcException or ProtocolException or IOException or UnauthorizedAccessException or CryptographicException or HttpRequestException or OperationCanceledException;

    private async Task FollowAsync(CancellationToken cancel)
    {
        var token = (await File.ReadAllTextAsync(options.TokenFile, cancel)).Trim();
        using var channel = await OpenAsync(cancel);
        using var call = channel.Follow(token, cancel);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = options.Node, Agent = NameAndVersion } }, cancel);
        try
        {
            var reader = new UpdateReader(options.Node);
            var takesAddresses = false;
            var reported = Task.CompletedTask;
            var next = call.ResponseStream.MoveNext(cancel);
            while (true)
            {
                if (takesAddresses && reported.IsCompleted)
                    reported = await ReportAsync(call.RequestStream, cancel);
                if (takesAddresses && await Task.WhenAny(next, reported) != next)
                    continue;
                if (!await next)
                    return;
                var part = call.ResponseStream.Current;
                takesAddresses |= part.TakesAddresses;
                if (Read(reader, part) is var (head, change, fault))
                {
                    if (head.IsSnapshot)
                        Connected(channel, token);
                    await call.RequestStream.WriteAsync(new() { Ack = fault is null ? Enforce(head, change!) : NotEnforced(head, fault) }, cancel);
                }
                next = call.ResponseStream.MoveNext(cancel);
            }
        }
        finally
        {
            link.Down();
        }
    }

    /// <summary>Reports the node's addresses, once they are known.</summary>
    /// <returns>Completes when they are others.</returns>
    private async Task<Task> ReportAsync(IClientStreamWriter<Report> reports, CancellationToken cancel)
    {
        var (known, changed) = addresses.Current;
        if (known is { } told)
            await reports.WriteAsync(new() { Addresses = WireAddresses.Write(told) }, cancel);
        return changed;
    }

    private async Task<ControllerChannel> OpenAsync(CancellationToken cancel)
    {
        var authorities = await File.ReadAllTextAsync(options.CaFile, cancel);
        try
        {
            return ControllerChannel.Open(options.Controller, options.TlsName, authorities);
        }
        catch (CryptographicException error)
        {
            throw new CryptographicException($"{options.CaFile}: {error.Message}", error);
        }
    }

    /// <summary>An update that is whole, with its change or what is wrong with its facts; null while parts are missing.</summary>
    private static (UpdateHead Head, NodeRuleSetDelta? Change, Exception? Fault)? Read(UpdateReader reader, UpdatePart part)
    {
        try
        {
            return reader.Add(part) is var (head, change) ? (head, change, null) : null;
        }
        catch (MalformedUpdateException malformed)
        {
            return (malformed.Head, null, malformed);
        }
    }

    private Ack Enforce(UpdateHead head, NodeRuleSetDelta change)
    {
        var started = time.GetTimestamp();
        try
        {
            var operations = enforcer.Apply(head, change);
            var now = time.GetUtcNow();
            state.Enforced(head, now);
            Log.Enforced(log, head.Generation, operations, time.GetElapsedTime(started).TotalMilliseconds);
            return new() { Generation = head.Generation, Result = Ack.Types.Result.Applied, EnforcedAt = Timestamp.FromDateTimeOffset(now) };
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever it is, the controller finds the policy that causes it; the rest is enforced.
            return NotEnforced(head, error);
        }
    }

    private Ack NotEnforced(UpdateHead head, Exception error)
    {
        state.Failed(error.Message);
        if (error is NftablesException or ProtocolException)
            Log.NotEnforced(log, head.Generation, error.Message);
        else
            Log.Unexpected(log, $"to put generation {head.Generation} in force", error);
        return new() { Generation = head.Generation, Result = Ack.Types.Result.Failed, Error = Short(error.Message) };
    }

    /// <summary>A controller takes short messages, and says no more of an error than this.</summary>
    private static string Short(string error) => error.Length <= LongestError ? error : error[..(LongestError - (char.IsHighSurrogate(error[LongestError - 1]) ? 1 : 0))];

    private void Connected(ControllerChannel channel, string token)
    {
        link.Up(channel, token);
        Log.Connected(log, options.Controller);
        _trouble.IsOver();
        _backoff.Reset();
        state.Connected();
    }

    private void Trouble(string message)
    {
        if (!_trouble.Is(message))
            return;
        if (readiness.IsEnforcing)
            Log.Disconnected(log, options.Controller, message);
        else
            Log.Unprotected(log, options.Controller, message);
    }
}
