using System.Net;
using System.Net.Http.Headers;
using k8s;

namespace NetPol.Kubernetes.Client;

/// <summary>Reads from an API server, as the configuration says: certificates, tokens that are renewed, exec plug-ins. Safe for any thread.</summary>
public sealed class KubernetesApi : IDisposable
{
    private const int MostOfAnError = 64 << 10;
    private readonly k8s.Kubernetes _client;

    public KubernetesApi(KubernetesClientConfiguration configuration) => _client = new(configuration);

    /// <summary>Everything else that a client can ask the same server for.</summary>
    public IKubernetes Client => _client;

    /// <summary>The answer to a GET, its body still to be read.</summary>
    /// <param name="path">Path and query, without the server.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="KubernetesApiException">The server answered with an error.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_client.BaseUri, path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (_client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, cancel).ConfigureAwait(false);
        var response = await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await ErrorAsync(response, cancel).ConfigureAwait(false);
    }

    /// <summary>The body of the answer to a GET; null when there is nothing of that path.</summary>
    /// <param name="path">Path and query, without the server.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="KubernetesApiException">The server answered with another error.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<byte[]?> FindAsync(string path, CancellationToken cancel)
    {
        try
        {
            using var response = await GetAsync(path, cancel).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        }
        catch (KubernetesApiException absent) when (absent.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    private static async Task<KubernetesApiException> ErrorAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var body = new byte[MostOfAnError];
        var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            return KubernetesApiException.Of(response.StatusCode, body.AsMemory(0, read));
        }
    }
}
