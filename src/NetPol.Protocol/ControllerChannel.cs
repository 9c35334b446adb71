using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using NetPol.Model.Net;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Inspections;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Stats;
using NetPol.Protocol.Wire;
using AddressOwner = NetPol.Protocol.Flows.AddressOwner;
using FlowBatch = NetPol.Protocol.Flows.FlowBatch;

namespace NetPol.Protocol;

/// <summary>One connection to a controller: TLS 1.3, and a certificate for its name from NetPol's own authority.</summary>
public sealed class ControllerChannel : IDisposable
{
    private readonly X509Certificate2Collection _authorities;
    private readonly GrpcChannel _channel;
    private readonly string _tlsName;

    private ControllerChannel(string controller, string tlsName, X509Certificate2Collection authorities, Func<CancellationToken, ValueTask<Stream>>? connect)
    {
        (_authorities, _tlsName) = (authorities, tlsName);
        _channel = GrpcChannel.ForAddress($"https://{controller}", new()
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new() { EnabledSslProtocols = SslProtocols.Tls13, RemoteCertificateValidationCallback = IsTrusted },
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // These close the connection to an unreachable controller within ten seconds.
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                UseProxy = false,
                ConnectCallback = connect is null ? null : (_, cancel) => connect(cancel),
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = UpdateLimits.MaxMessageBytes,
        });
    }

    /// <param name="controller">Host and port.</param>
    /// <param name="tlsName">The name that the certificate must have, whatever the host.</param>
    /// <param name="authorities">The authorities to trust, PEM.</param>
    /// <param name="connect">Another way there than TCP; null for TCP.</param>
    /// <exception cref="CryptographicException">There is no authority in the text.</exception>
    public static ControllerChannel Open(string controller, string tlsName, string authorities, Func<CancellationToken, ValueTask<Stream>>? connect = null)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPem(authorities);
        if (trusted.Count == 0)
            throw new CryptographicException("there is no certificate of an authority to trust");
        return new(controller, tlsName, trusted, connect);
    }

    /// <summary>Opens the stream.</summary>
    /// <param name="token">Of the audience <c>netpol</c>.</param>
    /// <param name="cancel">Ends it.</param>
    public AsyncDuplexStreamingCall<AgentMessage, UpdatePart> Sync(string token, CancellationToken cancel) =>
        new NodeRules.NodeRulesClient(_channel).Sync(Authorization(token), cancellationToken: cancel);

    /// <summary>Reports flow records, in several calls if they do not fit in one. The controller adds the owners of addresses.</summary>
    /// <returns>How many records in a second are wanted.</returns>
    public async Task<int> ReportAsync(string token, FlowBatch batch, CancellationToken cancel)
    {
        uint wanted = 0;
        foreach (var piece in FlowConversion.WriteReports(batch))
            wanted = (await Flows.ReportAsync(piece, Authorization(token), cancellationToken: cancel)).RecordsPerSecond;
        return (int)Math.Min(wanted, int.MaxValue);
    }

    /// <summary>Requests the owners of addresses, in their order; null for an unknown owner.</summary>
    public async Task<IReadOnlyList<AddressOwner?>> GetOwnersAsync(string token, IEnumerable<IpAddress> addresses, CancellationToken cancel) =>
        [.. FlowConversion.Read(await Flows.GetOwnersAsync(FlowConversion.Write(addresses), Authorization(token), cancellationToken: cancel))];

    /// <summary>What agents report. The first batches come at once: the last denials, if any.</summary>
    public async IAsyncEnumerable<FlowBatch> ObserveAsync(string token, FlowFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var call = Flows.Observe(filter, Authorization(token), cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel))
            yield return FlowConversion.Read(call.ResponseStream.Current);
    }

    /// <summary>Reports the counts of a node.</summary>
    public async Task ReportStatsAsync(string token, NodeStats nodeStats, CancellationToken cancel) =>
        await NodeStats.ReportAsync(NodeStatsConversion.Write(nodeStats), Authorization(token), cancellationToken: cancel);

    /// <summary>Takes questions about a node and gives their answers.</summary>
    public AsyncDuplexStreamingCall<InspectionResponse, InspectionRequest> ServeInspections(string token, CancellationToken cancel) =>
        Inspections.Serve(Authorization(token), cancellationToken: cancel);

    /// <summary>Asks a node what becomes of a connection.</summary>
    /// <exception cref="ProtocolException">The node answered with an error.</exception>
    public async Task<Inspection> AskAsync(string token, InspectionRequest question, CancellationToken cancel) =>
        InspectionConversion.Read(await Inspections.AskAsync(question, Authorization(token), cancellationToken: cancel));

    /// <summary>Why a call failed, for people: what the controller says, or what stood between.</summary>
    public static string Describe(RpcException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        // "Error connecting to subchannel." says nothing; the socket's error does.
        var cause = error.Status.DebugException?.GetBaseException().Message;
        return cause is null || error.Status.Detail.Contains(cause, StringComparison.Ordinal) ? error.Status.Detail : $"{error.Status.Detail} {cause}";
    }

    public void Dispose() => _channel.Dispose();

    private Wire.Inspections.InspectionsClient Inspections => new(_channel);

    private Wire.NodeStatsService.NodeStatsServiceClient NodeStats => new(_channel);

    private FlowRecords.FlowRecordsClient Flows => new(_channel);

    private static Metadata Authorization(string token) => new() { { "authorization", $"Bearer {token}" } };

    private bool IsTrusted(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown)
            return false;
        using var own = new X509Chain();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(shown) && shown.MatchesHostname(_tlsName);
    }
}
