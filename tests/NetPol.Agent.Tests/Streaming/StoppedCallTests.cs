using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.Counting;
using NetPol.Agent.Flows;
using NetPol.Agent.Streaming;
using NetPol.Agent.Tests.Flows;
using NetPol.Model;
using NetPol.Nftables.Fake;
using NetPol.Protocol;

namespace NetPol.Agent.Tests.Streaming;

/// <summary>What asks or tells the controller is stopped meanwhile.</summary>
[TestClass, TestCategory("Unit")]
public sealed class StoppedCallTests
{
    [TestMethod]
    public async Task A_call_that_is_stopped_ends_as_stopped_and_not_as_one_that_failed()
    {
        using var flows = new FlowMeters();
        var (link, state, nftables) = (new ControllerLink(), TestState.New(), new FakeNftables());
        using var channel = Open("127.0.0.1:1");
        link.Up(channel, "token");
        var names = new AddressNames(link, TimeProvider.System);
        var sink = new ControllerSink(link, flows.Meter, TimeProvider.System);
        using var tallies = new TallyReporter(
            link, new(new("n1", nftables, state, TimeProvider.System, NullLogger.Instance), new(nftables, TimeProvider.System)), state, TimeProvider.System,
            NullLogger<TallyReporter>.Instance);
        var stopped = new CancellationToken(canceled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(() => names.FindAsync([IpAddress.Parse("10.0.0.1")], stopped));
        await Assert.ThrowsAsync<OperationCanceledException>(() => sink.WriteAsync(SomeFlows.Batch(1), stopped));
        await Assert.ThrowsAsync<OperationCanceledException>(() => tallies.TellAsync(stopped));
    }

    private static ControllerChannel Open(string controller)
    {
        using var key = ECDsa.Create();
        using var authority = new CertificateRequest("CN=nobody", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        return ControllerChannel.Open(controller, "nobody", authority.ExportCertificatePem());
    }
}
