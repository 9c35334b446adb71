using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using NetPol.Protocol.Wire;

namespace NetPol.Agent.Streaming;

/// <summary>One connection to a controller: TLS 1.3, the authorities and the token as they are in the files now.</summary>
internal sealed class ControllerChannel : IDisposable
{
    private readonly X509Certificate2Collection _authorities;
    private readonly GrpcChannel _channel;
    private readonly string _tlsName;

    private ControllerChannel(AgentOptions options, X509Certificate2Collection authorities)
    {
        (_authorities, _tlsName) = (authorities, options.TlsName);
        _channel = GrpcChannel.ForAddress($"https://{options.Controller}", new()
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new() { EnabledSslProtocols = SslProtocols.Tls13, RemoteCertificateValidationCallback = Accepts },
                ConnectTimeout = TimeSpan.FromSeconds(5),
                // A controller that is cut off is noticed within ten seconds.
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                UseProxy = false,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 16 << 20,
        });
    }

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">The file of authorities holds none.</exception>
    public static ControllerChannel Open(AgentOptions options)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(File.ReadAllText(options.AuthoritiesFile));
        if (authorities.Count == 0)
            throw new CryptographicException($"{options.AuthoritiesFile} holds no certificate");
        return new(options, authorities);
    }

    public AsyncDuplexStreamingCall<Report, UpdatePart> Follow(string token, CancellationToken cancel) =>
        new NodeRules.NodeRulesClient(_channel).Follow(new Metadata { { "authorization", $"Bearer {token}" } }, cancellationToken: cancel);

    public void Dispose() => _channel.Dispose();

    private bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
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
