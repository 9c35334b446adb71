using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Controller.Tests.Together;
using NetPol.Controller.Trust;

namespace NetPol.Controller.Tests.Trust;

[TestClass, TestCategory("Unit")]
public sealed class CertificateKeeperTests
{
    private static readonly ControllerOptions Options = new();

    [TestMethod]
    public async Task Certificates_are_read_again_when_the_secret_is_another_and_not_before()
    {
        var (first, second) = (Make(), Make());
        var served = (Version: "1", Material: first);
        await using var api = await FakeApi.StartAsync(context => context.Response.WriteAsync(KubernetesJson.Serialize(context.Request.Path.Value!.Contains("/secrets/", StringComparison.Ordinal)
            ? new V1Secret { Metadata = new() { ResourceVersion = served.Version }, Data = TlsPem.Write(served.Material) }
            : new V1ConfigMap { Data = new Dictionary<string, string>(StringComparer.Ordinal) { [TlsPem.Authorities] = TlsPem.Bundle(first) } })));
        using var keeper = new CertificateKeeper(api.Client, Options, TimeProvider.System, NullLogger<CertificateKeeper>.Instance);
        await keeper.LookAsync(CancellationToken.None);
        Assert.AreEqual(first.Server.Thumbprint, keeper.Server!.Thumbprint);
        // A server does not do this: it shows who reads again.
        served = ("1", second);
        await keeper.LookAsync(CancellationToken.None);
        Assert.AreEqual(first.Server.Thumbprint, keeper.Server.Thumbprint);
        served = ("2", second);
        await keeper.LookAsync(CancellationToken.None);
        Assert.AreEqual(second.Server.Thumbprint, keeper.Server.Thumbprint);
    }

    private static TlsMaterial Make() => TlsRenewal.Renew(null, Options.TlsName, DateTimeOffset.UtcNow);
}
