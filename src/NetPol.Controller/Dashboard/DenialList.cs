using System.Security.Cryptography;
using Grpc.Core;
using NetPol.Controller.FlowLogs;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Security;
using NetPol.Controller.Status;
using NetPol.Kubernetes.Client;
using NetPol.Protocol;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Dashboard;

/// <summary>The last denials of all nodes. An agent reports its denials to one replica, so this replica requests those of the others.</summary>
internal sealed class DenialList(ControllerOptions options, FlowRelay relay, CertificateManager manager, TimeProvider time)
{
    private const int Shown = 100;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <param name="others">What the other replicas report, by name.</param>
    /// <param name="token">The observer's token. It is sent only to a replica that shows a valid certificate; that replica authenticates it again.</param>
    /// <param name="cancel">Ends the wait for the others.</param>
    /// <returns>The latest comes first; and a fault for people for each replica whose denials are not among them.</returns>
    public async Task<(IReadOnlyList<DenialView> Denials, IReadOnlyList<string> Faults)> ReadAsync(
        IReadOnlyDictionary<string, ReplicaReport> others, string token, CancellationToken cancel)
    {
        var answers = await Task.WhenAll(others.Select(async other => (Replica: other.Key, Answer: await AskAsync(other.Value.Address, token, cancel))));
        var all = answers.SelectMany(a => a.Answer.Denials).Concat(relay.RecentDenials.Reverse());
        return (
            [.. all.OrderByDescending(d => d.FirstPacketAt).Take(Shown).Select(DenialView.Create)],
            [.. answers.Where(a => a.Answer.Fault is not null).Select(a => $"The denials of the nodes that are connected to {a.Replica} are not shown: {a.Answer.Fault}")]);
    }

    private async Task<(IReadOnlyList<FlowRecord> Denials, string? Fault)> AskAsync(string? address, string token, CancellationToken cancel)
    {
        if (address is null)
            return ([], "it does not say where it is reached (--address)");
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            using var channel = ControllerChannel.Open(address, options.TlsName, manager.Authorities ?? "");
            var denials = new List<FlowRecord>();
            await foreach (var batch in channel.ObserveAsync(token, new() { Denied = true }, either.Token))
                denials.InsertRange(0, batch.Records.Reverse());
            return (denials, null);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ProtocolException or CryptographicException or UriFormatException)
        {
            cancel.ThrowIfCancellationRequested();
            return ([], timeout.IsCancellationRequested ? $"it does not answer at {address}" : error is RpcException refused ? ControllerChannel.Describe(refused) : error.Message);
        }
    }
}

/// <summary>What the other replicas report of themselves.</summary>
internal sealed class OtherReplicas(ControllerOptions options, ReplicaReportStore reports, TimeProvider time)
{
    /// <returns>By replica; none, and a fault for people, when they cannot be read.</returns>
    public async Task<(IReadOnlyDictionary<string, ReplicaReport> Reports, string? Fault)> ReadAsync(CancellationToken cancel)
    {
        try
        {
            var all = await reports.ReadAsync(time.GetUtcNow(), cancel);
            // A new replica may have the address of one that ended; the report of the ended one is out of date.
            var latest = all.Where(r => !string.Equals(r.Key, options.Name, StringComparison.Ordinal)).GroupBy(r => r.Value.Address ?? r.Key, StringComparer.Ordinal)
                .Where(at => !string.Equals(at.Key, options.StreamAddress, StringComparison.Ordinal)).Select(at => at.MaxBy(r => r.Value.At));
            return (latest.ToDictionary(StringComparer.Ordinal), null);
        }
        catch (Exception error) when (KubernetesErrors.IsTransient(error))
        {
            cancel.ThrowIfCancellationRequested();
            return (new Dictionary<string, ReplicaReport>(StringComparer.Ordinal), $"What the other controllers know could not be read: {error.Message}");
        }
    }
}
