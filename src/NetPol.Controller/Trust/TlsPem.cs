using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace NetPol.Controller.Trust;

/// <summary>
/// Certificates as the data of a Secret: <c>ca.crt</c> (every trusted authority, the signing one first), <c>ca.key</c>, <c>tls.crt</c>,
/// <c>tls.key</c>, and while there is a next authority <c>next.crt</c> and <c>next.key</c>.
/// </summary>
internal static class TlsPem
{
    public const string Authorities = "ca.crt";

    public static Dictionary<string, byte[]> Write(TlsMaterial material)
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

    public static string Bundle(TlsMaterial material) => string.Join('\n', material.Trusted.Select(c => c.ExportCertificatePem())) + "\n";

    /// <summary>Null when the data is not what <see cref="Write"/> makes.</summary>
    public static TlsMaterial? Read(IDictionary<string, byte[]>? data)
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
