using System.Security.Cryptography.X509Certificates;

namespace NetPol.Controller.Trust;

/// <summary>The certificates of a NetPol installation, with private keys where they are needed.</summary>
/// <param name="Authority">Signs the server certificate.</param>
/// <param name="NextAuthority">Told to the agents in advance; signs from <see cref="TlsRenewal.Announcement"/> after it was made. Null most of the time.</param>
/// <param name="Server">What the controllers show to agents.</param>
/// <param name="Trusted">The authorities, past ones too, that agents should trust.</param>
internal sealed record TlsMaterial(
    X509Certificate2 Authority, X509Certificate2? NextAuthority, X509Certificate2 Server, IReadOnlyList<X509Certificate2> Trusted);
