using System.Security.Cryptography;
using Grpc.Core;
using NetPol.Controller.Flows;
using NetPol.Controller.Trust;
using NetPol.Protocol;
using NetPol.Protocol.Flows;
using NetPol.Protocol.State;

namespace NetPol.Controller.Pages;

/// <summary>The last denials of all nodes: an agent tells its own to the replica that it follows, so the others are asked too.</summary>
internal sealed class DenialList(ControllerOptions options, FlowHub hub, CertificateKeeper keeper, TimeProvider time)
{
    private const int Shown = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="others">What the other replicas report, by name.</param>
    /// <param name="token">The observer's who wants to see them. A replica must prove by its certificate that it is one before it gets the token, and then judges it itself.</param>
    /// <param name="cancel">Ends the wait for the others.</param>
    /// <returns>The latest comes first; and a fault for people for each replica whose denials are not among them.</returns>
    public async Task<(IReadOnlyList<DenialView> Denials, IReadOnlyList<string> Faults)> ReadAsync(
        IReadOnlyDictionary<string, ReplicaReport> others, string token, CancellationToken cancel)
    {
        var answers = await Task.WhenAll(others.Select(async other => (Replica: other.Key, Answer: await AskAsync(other.Value.Address, token, cancel))));
        var all = answers.SelectMany(a => a.Answer.Denials).Concat(hub.RecentDenials.Reverse());
        return (
            [.. all.OrderByDescending(d => d.FirstAt).Take(Shown).Select(DenialView.Of)],
            [.. answers.Where(a => a.Answer.Fault is not null).Select(a => $"The denials of the nodes that follow {a.Replica} are not shown: {a.Answer.Fault}")]);
    }

    private async Task<(IReadOnlyList<FlowRecord> Denials, string? Fault)> AskAsync(string? address, string token, CancellationToken cancel)
    {
        if (address is null)
            return ([], "it does not say where it is reached (--address)");
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            using var channel = ControllerChannel.Open(address, options.TlsName, keeper.Authorities ?? "");
            var denials = new List<FlowRecord>();
            await foreach (var batch in channel.ObserveAsync(token, new() { Denied = true }, either.Token))
                denials.InsertRange(0, batch.Records.Reverse());
            return (denials, null);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ProtocolException or CryptographicException or UriFormatException)
        {
            cancel.ThrowIfCancellationRequested();
            return ([], patience.IsCancellationRequested ? $"it does not answer at {address}" : error is RpcException refused ? ControllerChannel.Words(refused) : error.Message);
        }
    }
}
