using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Security;
using NetPol.Testing.ApiServer;

namespace NetPol.Controller.Tests.Security;

[TestClass, TestCategory("Unit")]
public sealed class CertificateManagerTests
{
    private static readonly ControllerOptions Options = new();

    [TestMethod]
    public async Task Certificates_are_read_again_when_the_secret_is_another_and_not_before()
    {
        var (first, second) = (Make(), Make());
        var served = (Version: "1", Material: first);
        await using var api = await FakeApiServer.StartAsync();
        api.Answers.Default = context => context.Response.WriteAsync(KubernetesJson.Serialize(context.Request.Path.Value!.Contains("/secrets/", StringComparison.Ordinal)
            ? new V1Secret { Metadata = new() { ResourceVersion = served.Version }, Data = CertificatePem.Write(served.Material) }
            : new V1ConfigMap { Data = new Dictionary<string, string>(StringComparer.Ordinal) { [CertificatePem.Authorities] = CertificatePem.Bundle(first) } }));
        using var manager = new CertificateManager(api.Client, Options, TimeProvider.System, NullLogger<CertificateManager>.Instance);
        await manager.RenewAsync(CancellationToken.None);
        Assert.AreEqual(first.Server.Thumbprint, manager.Server!.Thumbprint);
        // A server does not do this: it shows who reads again.
        served = ("1", second);
        await manager.RenewAsync(CancellationToken.None);
        Assert.AreEqual(first.Server.Thumbprint, manager.Server.Thumbprint);
        served = ("2", second);
        await manager.RenewAsync(CancellationToken.None);
        Assert.AreEqual(second.Server.Thumbprint, manager.Server.Thumbprint);
    }

    private static CertificateSet Make() => CertificateRenewal.Renew(null, Options.TlsName, DateTimeOffset.UtcNow);
}
