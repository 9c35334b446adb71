using System.Net;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Controller.Infrastructure;
using NetPol.Kubernetes.Client;

namespace NetPol.Controller.Security;

/// <summary>
/// Keeps the certificates in a Secret that all replicas share, and the authorities in a ConfigMap that agents mount. Any replica makes
/// a renewal that is due; when two do, the API server accepts the first.
/// </summary>
internal sealed class CertificateManager(IKubernetes kubernetes, ControllerOptions options, TimeProvider time, ILogger<CertificateManager> log) : BackgroundService
{
    public const string SecretName = "netpol-tls";
    public const string ConfigMapName = "netpol-ca";
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    private (string? Version, CertificateSet? Material) _read;
    private X509Certificate2? _server;
    private string? _authorities;

    /// <summary>The certificate to show; null before the first was read or made.</summary>
    public X509Certificate2? Server => Volatile.Read(ref _server);

    /// <summary>The authorities to trust, PEM; null before the first was read or made.</summary>
    public string? Authorities => Volatile.Read(ref _authorities);

    /// <summary>Reads the certificates once, and renews those that are due.</summary>
    public async Task RenewAsync(CancellationToken cancel)
    {
        var secret = await ReadAsync(() => kubernetes.CoreV1.ReadNamespacedSecretAsync(SecretName, options.Namespace, cancellationToken: cancel));
        var current = secret is null ? null : Read(secret);
        var wanted = CertificateRenewal.Renew(current, options.TlsName, time.GetUtcNow());
        if (!ReferenceEquals(wanted, current))
        {
            await WriteAsync(secret, wanted, cancel);
            Log.CertificateCreated(log, "certificate", new(wanted.Server.NotAfter));
        }
        var bundle = CertificatePem.Bundle(wanted);
        await PublishAsync(bundle, cancel);
        Volatile.Write(ref _authorities, bundle);
        if (!string.Equals(Server?.Thumbprint, wanted.Server.Thumbprint, StringComparison.Ordinal))
            Volatile.Write(ref _server, wanted.Server);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = Period;
            try
            {
                await RenewAsync(stoppingToken);
            }
            catch (Exception error) when (KubernetesErrors.IsTransient(error))
            {
                stoppingToken.ThrowIfCancellationRequested();
                // Conflict: another replica was first, and what it made is read next.
                Log.Retrying(log, "the certificates", KubernetesErrors.Describe(error));
                pause = Retry;
            }
            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <summary>The same object as long as the Secret is the same: certificates with keys are not made anew every minute.</summary>
    private CertificateSet? Read(V1Secret secret)
    {
        if (_read.Version is null || !string.Equals(_read.Version, secret.Metadata.ResourceVersion, StringComparison.Ordinal))
            _read = (secret.Metadata.ResourceVersion, CertificatePem.Read(secret.Data));
        return _read.Material;
    }

    private async Task WriteAsync(V1Secret? secret, CertificateSet wanted, CancellationToken cancel)
    {
        var data = CertificatePem.Write(wanted);
        if (secret is null)
        {
            await kubernetes.CoreV1.CreateNamespacedSecretAsync(
                new() { Metadata = new() { Name = SecretName }, Data = data }, options.Namespace, cancellationToken: cancel);
            return;
        }
        secret.Data = data;
        await kubernetes.CoreV1.ReplaceNamespacedSecretAsync(secret, SecretName, options.Namespace, cancellationToken: cancel);
    }

    private async Task PublishAsync(string bundle, CancellationToken cancel)
    {
        var map = await ReadAsync(() => kubernetes.CoreV1.ReadNamespacedConfigMapAsync(ConfigMapName, options.Namespace, cancellationToken: cancel));
        if (map is null)
        {
            await kubernetes.CoreV1.CreateNamespacedConfigMapAsync(
                new() { Metadata = new() { Name = ConfigMapName }, Data = Data(bundle) }, options.Namespace, cancellationToken: cancel);
        }
        else if (map.Data is null || !map.Data.TryGetValue(CertificatePem.Authorities, out var published) || !string.Equals(published, bundle, StringComparison.Ordinal))
        {
            map.Data = Data(bundle);
            await kubernetes.CoreV1.ReplaceNamespacedConfigMapAsync(map, ConfigMapName, options.Namespace, cancellationToken: cancel);
        }
    }

    private static Dictionary<string, string> Data(string bundle) => new(StringComparer.Ordinal) { [CertificatePem.Authorities] = bundle };

    private static async Task<T?> ReadAsync<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
