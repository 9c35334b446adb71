using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NetPol.Controller.Trust;

/// <summary>When certificates are made anew, and how: an authority for two years, a server certificate for thirty days, each renewed long before its end.</summary>
internal static class TlsRenewal
{
    /// <summary>How long a new authority is told to the agents before it signs anything; kubelets refresh their volumes within minutes.</summary>
    public static readonly TimeSpan Announcement = TimeSpan.FromHours(24);

    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(730);
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(30);
    // Clocks of nodes differ.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    /// <summary>What should be there now; the same object when nothing is due.</summary>
    /// <param name="current">What is there; null for nothing usable.</param>
    /// <param name="name">The DNS name that agents expect.</param>
    /// <param name="now">The moment.</param>
    public static TlsMaterial Renew(TlsMaterial? current, string name, DateTimeOffset now)
    {
        if (current is null || now >= End(current.Authority))
        {
            var first = MakeAuthority(now);
            return new(first, null, MakeServer(first, name, now), [first]);
        }
        var (authority, next) = (current.Authority, current.NextAuthority);
        if (next is null && now >= Part(authority, 0.5))
            next = MakeAuthority(now);
        else if (next is not null && now >= Start(next) + Backdated + Announcement)
            (authority, next) = (next, null);
        var server = current.Server;
        if (now >= Part(server, 2.0 / 3) || !IssuedBy(server, authority) || !server.MatchesHostname(name))
            server = MakeServer(authority, name, now);
        if (ReferenceEquals(authority, current.Authority) && ReferenceEquals(next, current.NextAuthority) && ReferenceEquals(server, current.Server))
            return current;
        X509Certificate2[] trusted = [.. new[] { authority, next }.OfType<X509Certificate2>(), .. current.Trusted];
        return new(authority, next, server, [.. trusted.DistinctBy(c => c.Thumbprint, StringComparer.Ordinal).Where(c => now < End(c))]);
    }

    private static DateTimeOffset Part(X509Certificate2 certificate, double part) =>
        Start(certificate) + ((End(certificate) - Start(certificate)) * part);

    private static DateTimeOffset Start(X509Certificate2 certificate) => new(certificate.NotBefore);

    private static DateTimeOffset End(X509Certificate2 certificate) => new(certificate.NotAfter);

    private static bool IssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    private static X509Certificate2 MakeAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The serial number tells authorities apart that have one name.
        var request = new CertificateRequest($"CN=netpol-ca-{now.ToUnixTimeSeconds()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - Backdated, now + AuthorityLife);
    }

    private static X509Certificate2 MakeServer(X509Certificate2 authority, string name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var end = now + ServerLife < End(authority) ? now + ServerLife : End(authority);
        using var certificate = request.Create(authority, now - Backdated, end, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }
}
