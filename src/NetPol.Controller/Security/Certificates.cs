using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NetPol.Controller.Security;

/// <summary>The certificates of a NetPol installation, with private keys where they are needed.</summary>
/// <param name="Authority">Signs the server certificate.</param>
/// <param name="NextAuthority">Published to the agents in advance; signs from <see cref="CertificateRenewal.Announcement"/> after it was made. Null most of the time.</param>
/// <param name="Server">What the controllers show to agents.</param>
/// <param name="Trusted">The authorities, past ones too, that agents should trust.</param>
internal sealed record CertificateSet(
    X509Certificate2 Authority, X509Certificate2? NextAuthority, X509Certificate2 Server, IReadOnlyList<X509Certificate2> Trusted);

/// <summary>
/// Certificates as the data of a Secret: <c>ca.crt</c> (every trusted authority, the signing one first), <c>ca.key</c>, <c>tls.crt</c>,
/// <c>tls.key</c>, and while there is a next authority <c>next.crt</c> and <c>next.key</c>.
/// </summary>
internal static class CertificatePem
{
    public const string Authorities = "ca.crt";

    public static Dictionary<string, byte[]> Write(CertificateSet material)
    {
        var data = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [Authorities] = Bytes(Bundle(material)),
            ["ca.key"] = Key(material.Authority),
            ["tls.crt"] = Bytes(material.Server.ExportCertificatePem()),
            ["tls.key"] = Key(material.Server),
        };
        if (material.NextAuthority is { } next)
        {
            data["next.crt"] = Bytes(next.ExportCertificatePem());
            data["next.key"] = Key(next);
        }
        return data;
    }

    public static string Bundle(CertificateSet material) => string.Join('\n', material.Trusted.Select(c => c.ExportCertificatePem())) + "\n";

    /// <summary>Null when the data is not what <see cref="Write"/> makes.</summary>
    public static CertificateSet? Read(IDictionary<string, byte[]>? data)
    {
        if (data is null || !data.TryGetValue(Authorities, out var bundle))
            return null;
        try
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPem(Text(bundle));
            var authority = X509Certificate2.CreateFromPem(trusted[0].ExportCertificatePem(), Text(data["ca.key"]));
            var next = data.TryGetValue("next.crt", out var certificate) ? X509Certificate2.CreateFromPem(Text(certificate), Text(data["next.key"])) : null;
            return new(authority, next, X509Certificate2.CreateFromPem(Text(data["tls.crt"]), Text(data["tls.key"])), [.. trusted]);
        }
        catch (Exception error) when (error is CryptographicException or KeyNotFoundException or ArgumentException)
        {
            return null;
        }
    }

    private static byte[] Key(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException($"{certificate.Subject} has no private key");
        return Bytes(key.ExportPkcs8PrivateKeyPem());
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.ASCII.GetString(bytes);
}

/// <summary>When certificates are made anew, and how: an authority for two years, a server certificate for thirty days, each renewed long before its end.</summary>
internal static class CertificateRenewal
{
    /// <summary>How long a new authority is published to the agents before it signs anything; kubelets refresh their volumes within minutes.</summary>
    public static readonly TimeSpan Announcement = TimeSpan.FromHours(24);

    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(730);
    private static readonly TimeSpan ServerLife = TimeSpan.FromDays(30);
    // Clocks of nodes differ.
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    /// <summary>What should be there now; the same object when nothing is due.</summary>
    /// <param name="current">What is there; null for nothing usable.</param>
    /// <param name="name">The DNS name that agents expect.</param>
    /// <param name="now">The moment.</param>
    public static CertificateSet Renew(CertificateSet? current, string name, DateTimeOffset now)
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
        // The serial number distinguishes authorities of one name.
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
