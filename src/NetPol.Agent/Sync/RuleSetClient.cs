using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Health;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Network;
using NetPol.Agent.Status;
using NetPol.Hosting;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;

namespace NetPol.Agent.Sync;

/// <summary>Connects to a controller and programs the rules that it sends. When the stream ends, it connects again. The programmed rules stay in place meanwhile.</summary>
internal sealed class RuleSetClient(AgentOptions options, NftablesDataplane dataplane, AgentStatus state, ReadinessCheck readiness, ActiveController link, LocalAddresses addresses, TimeProvider time, ILogger<RuleSetClient> log) : BackgroundService
{
    /// <summary>The longest error that a controller accepts, in characters.</summary>
    private const int MaxErrorLength = 4096;

    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan OwnershipCheckInterval = TimeSpan.FromMilliseconds(250);

    private static readonly string NameAndVersion = $"netpol-agent/{ProgramVersion.Text}";

    private readonly ErrorLogThrottle _failure = new();
    private readonly Backoff _backoff = new(MinRetryDelay, MaxRetryDelay);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ClaimTableAsync(stoppingToken);
        while (true)
        {
            try
            {
                await StreamAsync(stoppingToken);
                LogConnectionError("the controller ended the stream");
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unauthenticated && state.IsConnected)
            {
                // The token expired. This is no error: the next connection reads the current token from the file.
                _failure.Clear();
            }
            catch (Exception error) when (IsTransient(error))
            {
                if (stoppingToken.IsCancellationRequested)
                    return;
                LogConnectionError(error is RpcException rpc ? $"{rpc.StatusCode}: {ControllerChannel.Describe(rpc)}" : error.Message);
            }
            state.MarkDisconnected(_failure.Message ?? "the token is renewed");
            await Task.Delay(_backoff.Next(), time, stoppingToken);
        }
    }

    /// <summary>Claims the table of an earlier agent, so that its rules stay until a controller sends new ones. Waits while another agent runs on this node, which happens in a rolling update with surge.</summary>
    private async Task ClaimTableAsync(CancellationToken cancel)
    {
        var isLogged = false;
        while (!TryClaimTable())
        {
            if (!isLogged)
                Log.TableForeign(log);
            isLogged = true;
            await Task.Delay(OwnershipCheckInterval, time, cancel);
        }
    }

    private bool TryClaimTable()
    {
        try
        {
            return dataplane.TryClaimTable();
        }
        catch (NftablesException refused)
        {
            // The first snapshot claims the table, or reports why it cannot.
            Log.TableNotClaimed(log, refused.Message);
            return true;
        }
    }

    private static bool IsTransient(Exception error) =>
        error is RpcException or ProtocolException or IOException or UnauthorizedAccessException or CryptographicException or HttpRequestException or OperationCanceledException;

    private async Task StreamAsync(CancellationToken cancel)
    {
        var token = (await File.ReadAllTextAsync(options.TokenFile, cancel)).Trim();
        using var channel = await OpenAsync(cancel);
        using var call = channel.Sync(token, cancel);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = options.Node, Agent = NameAndVersion } }, cancel);
        try
        {
            var reader = new UpdateReader(options.Node);
            var acceptsAddresses = false;
            var reported = Task.CompletedTask;
            var next = call.ResponseStream.MoveNext(cancel);
            while (true)
            {
                if (acceptsAddresses && reported.IsCompleted)
                    reported = await ReportAddressesAsync(call.RequestStream, cancel);
                if (acceptsAddresses && await Task.WhenAny(next, reported) != next)
                    continue;
                if (!await next)
                    return;
                var part = call.ResponseStream.Current;
                acceptsAddresses |= part.TakesAddresses;
                if (Read(reader, part) is var (head, change, error))
                {
                    if (head.IsSnapshot)
                        OnConnected(channel, token);
                    await call.RequestStream.WriteAsync(new() { Ack = error is null ? Program(head, change!) : Reject(head, error) }, cancel);
                }
                next = call.ResponseStream.MoveNext(cancel);
            }
        }
        finally
        {
            link.Clear();
        }
    }

    /// <summary>Reports the node's addresses if they are known.</summary>
    /// <returns>A task that completes when they change.</returns>
    private async Task<Task> ReportAddressesAsync(IClientStreamWriter<AgentMessage> reports, CancellationToken cancel)
    {
        var (known, changed) = addresses.Current;
        if (known is { } current)
            await reports.WriteAsync(new() { Addresses = NodeAddressConversion.Write(current) }, cancel);
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

    /// <summary>A complete update, with its change or the error in its entries; null while parts are missing.</summary>
    private static (UpdateHeader Head, NodeRuleSetDelta? Change, Exception? Error)? Read(UpdateReader reader, UpdatePart part)
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

    private Ack Program(UpdateHeader head, NodeRuleSetDelta change)
    {
        var started = time.GetTimestamp();
        try
        {
            var operations = dataplane.Apply(head, change);
            var now = time.GetUtcNow();
            state.MarkProgrammed(head, now);
            Log.RulesProgrammed(log, head.Generation, operations, time.GetElapsedTime(started).TotalMilliseconds);
            return new() { Generation = head.Generation, Result = Ack.Types.Result.Applied, EnforcedAt = Timestamp.FromDateTimeOffset(now) };
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // For any error, the controller finds the policy that causes it, and sends the other policies again.
            return Reject(head, error);
        }
    }

    private Ack Reject(UpdateHeader head, Exception error)
    {
        state.MarkUpdateRejected(error.Message);
        if (error is NftablesException or ProtocolException)
            Log.UpdateRejected(log, head.Generation, error.Message);
        else
            Log.UnexpectedError(log, $"to program generation {head.Generation}", error);
        return new() { Generation = head.Generation, Result = Ack.Types.Result.Failed, Error = Truncate(error.Message) };
    }

    /// <summary>Shortens an error to the length that a controller accepts.</summary>
    private static string Truncate(string error) => error.Length <= MaxErrorLength ? error : error[..(MaxErrorLength - (char.IsHighSurrogate(error[MaxErrorLength - 1]) ? 1 : 0))];

    private void OnConnected(ControllerChannel channel, string token)
    {
        link.Set(channel, token);
        Log.Connected(log, options.Controller);
        _failure.Clear();
        _backoff.Reset();
        state.MarkConnected();
    }

    private void LogConnectionError(string message)
    {
        if (!_failure.IsNew(message))
            return;
        if (readiness.HasRules)
            Log.Disconnected(log, options.Controller, message);
        else
            Log.NodeUnprotected(log, options.Controller, message);
    }
}
