using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.FlowLogs;
using NetPol.Agent.Stats;
using NetPol.Agent.Sync;
using NetPol.Agent.Tests.FlowLogs;
using NetPol.Model.Net;
using NetPol.Nftables.Fake;
using NetPol.Protocol;

namespace NetPol.Agent.Tests.Sync;

/// <summary>Calls to the controller are canceled while they run.</summary>
[TestClass, TestCategory("Unit")]
public sealed class CanceledCallTests
{
    [TestMethod]
    public async Task A_call_that_is_stopped_ends_as_stopped_and_not_as_one_that_failed()
    {
        using var flows = new RecordedFlowMetrics();
        var (link, state, nftables) = (new ActiveController(), TestAgentStatus.New(), new FakeNftables());
        using var channel = Open("127.0.0.1:1");
        link.Set(channel, "token");
        var names = new IpCacheClient(link, TimeProvider.System);
        var exporter = new ControllerExporter(link, flows.Meter, TimeProvider.System);
        using var nodeStats = new NodeStatsReporter(
            link, new(new("n1", nftables, state, TimeProvider.System, NullLogger.Instance), new(nftables, TimeProvider.System)), state, TimeProvider.System,
            NullLogger<NodeStatsReporter>.Instance);
        var stopped = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(() => names.LookupAsync([IpAddress.Parse("10.0.0.1")], stopped));
        await Assert.ThrowsAsync<OperationCanceledException>(() => exporter.WriteAsync(SampleFlows.Batch(1), stopped));
        await Assert.ThrowsAsync<OperationCanceledException>(() => nodeStats.ReportAsync(stopped));
    }

    private static ControllerChannel Open(string controller)
    {
        using var key = ECDsa.Create();
        using var authority = new CertificateRequest("CN=unused", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        return ControllerChannel.Open(controller, "unused", authority.ExportCertificatePem());
    }
}
