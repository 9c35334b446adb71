using System.Security.Cryptography.X509Certificates;
using NetPol.Controller.Security;

namespace NetPol.Controller.Tests.Security;

[TestClass, TestCategory("Unit")]
public sealed class CertificateRenewalTests
{
    private const string Name = "netpol-controller.netpol-system.svc";
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [TestMethod]
    public void Nothing_is_made_anew_before_it_is_due()
    {
        var first = CertificateRenewal.Renew(null, Name, Start);
        Assert.AreSame(first, CertificateRenewal.Renew(first, Name, Start.AddDays(19)));
        Assert.AreNotSame(first, CertificateRenewal.Renew(first, Name, Start.AddDays(20)));
    }

    [TestMethod]
    public void Another_name_needs_another_certificate()
    {
        var first = CertificateRenewal.Renew(null, Name, Start);
        var renamed = CertificateRenewal.Renew(first, "other.netpol-system.svc", Start);
        Assert.AreSame(first.Authority, renamed.Authority);
        Assert.IsTrue(renamed.Server.MatchesHostname("other.netpol-system.svc"));
    }

    [TestMethod]
    public void Through_six_years_an_agent_whose_authorities_are_an_hour_old_always_trusts_the_server()
    {
        CertificateSet? material = null;
        IReadOnlyList<X509Certificate2> mounted = [];
        var authorities = new HashSet<string>(StringComparer.Ordinal);
        for (var now = Start; now < Start.AddYears(6); now = now.AddHours(1))
        {
            var next = CertificateRenewal.Renew(material, Name, now);
            if (material is null)
                mounted = next.Trusted;
            if (!ReferenceEquals(next, material))
                Assert.IsTrue(Trusts(mounted, next.Server, now), $"at {now:u}");
            authorities.Add(next.Authority.Thumbprint);
            Assert.IsTrue(next.Trusted.All(c => now < new DateTimeOffset(c.NotAfter)), $"at {now:u} an authority of the past is trusted");
            (material, mounted) = (next, next.Trusted);
        }
        Assert.IsGreaterThanOrEqualTo(5, authorities.Count);
    }

    [TestMethod]
    public void After_a_long_sleep_everything_starts_again()
    {
        var first = CertificateRenewal.Renew(null, Name, Start);
        var later = CertificateRenewal.Renew(first, Name, Start.AddYears(3));
        Assert.IsTrue(Trusts(later.Trusted, later.Server, Start.AddYears(3)));
    }

    [TestMethod]
    public void What_is_written_to_the_secret_is_read_from_it()
    {
        var now = Start;
        var material = CertificateRenewal.Renew(null, Name, now);
        material = CertificateRenewal.Renew(material, Name, now.AddDays(370));
        Assert.IsNotNull(material.NextAuthority);
        var read = CertificatePem.Read(CertificatePem.Write(material));
        Assert.IsNotNull(read);
        Assert.AreSame(read, CertificateRenewal.Renew(read, Name, now.AddDays(370)));
        Assert.AreEqual(CertificatePem.Bundle(material), CertificatePem.Bundle(read));
        Assert.AreEqual(material.NextAuthority.Thumbprint, read.NextAuthority?.Thumbprint);
        Assert.IsTrue(read.Server.HasPrivateKey);
    }

    [TestMethod]
    [DataRow("ca.crt")]
    [DataRow("ca.key")]
    [DataRow("tls.crt")]
    [DataRow("tls.key")]
    public void A_secret_that_someone_broke_counts_as_none(string key)
    {
        var data = CertificatePem.Write(CertificateRenewal.Renew(null, Name, Start));
        data[key] = "garbage"u8.ToArray();
        Assert.IsNull(CertificatePem.Read(data));
        data.Remove(key);
        Assert.IsNull(CertificatePem.Read(data));
    }

    private static bool Trusts(IEnumerable<X509Certificate2> authorities, X509Certificate2 server, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(new X509Certificate2Collection(authorities.ToArray()));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(server) && server.MatchesHostname(Name);
    }
}
