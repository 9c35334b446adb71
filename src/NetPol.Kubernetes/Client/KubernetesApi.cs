using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Exceptions;
using YamlDotNet.Core;

namespace NetPol.Kubernetes.Client;

/// <summary>Reads from an API server, as the configuration says: certificates, tokens that are renewed, exec plug-ins. Safe for any thread.</summary>
public sealed class KubernetesApi : IDisposable
{
    private const int MaxErrorBytes = 64 << 10;
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
            throw await ReadErrorAsync(response, cancel).ConfigureAwait(false);
    }

    /// <summary>The body of the answer to a GET; null when there is nothing of that path.</summary>
    /// <param name="path">Path and query, without the server.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="KubernetesApiException">The server answered with another error.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached.</exception>
    public async Task<byte[]?> GetBodyOrNullAsync(string path, CancellationToken cancel)
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

    private static async Task<KubernetesApiException> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var body = new byte[MaxErrorBytes];
        var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
            return KubernetesApiException.Create(response.StatusCode, body.AsMemory(0, read));
        }
    }
}

/// <summary>A request to an API server failed for a reason that is not a bug of the caller.</summary>
public static class KubernetesErrors
{
    /// <summary>
    /// Whether it is worth asking again: the server refused or was not there, its answer was incomplete or took too long, or the proof of who
    /// asks (a token's file, a plug-in) could not be had. One who is being stopped asks no more: that is the caller's to see.
    /// </summary>
    public static bool IsTransient(Exception error) => error is KubernetesApiException or HttpOperationException or HttpRequestException or IOException or JsonException
        or OperationCanceledException or UnauthorizedAccessException or KubeConfigException;

    /// <summary>The error, in the server's words if it sent any.</summary>
    public static string Describe(Exception error) => error is HttpOperationException { Response: { } answer } ? $"{answer.StatusCode} {answer.Content}".TrimEnd() : error.Message;
}

/// <summary>Reads strings of answers that may hold anything.</summary>
internal static class JsonText
{
    /// <summary>The field's text; null when it is missing, no text, or no object has it.</summary>
    /// <exception cref="JsonException">It holds half of a surrogate pair.</exception>
    public static string? Read(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? Read(value) : null;

    /// <summary>The text; null for any other value.</summary>
    /// <exception cref="JsonException">It holds half of a surrogate pair.</exception>
    public static string? Read(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException("a string holds half of a surrogate pair", error);
        }
    }
}

/// <summary>Reads how to reach a cluster.</summary>
public static class KubeconfigReader
{
    /// <summary>The result of <paramref name="read"/>.</summary>
    /// <param name="source">Where it reads, for the message: a file's path.</param>
    /// <param name="read">Reads with the client library.</param>
    /// <exception cref="FormatException">The source is missing, unreadable or no kubeconfig; the message names it.</exception>
    public static T Read<T>(string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (NullReferenceException error)
        {
            // The client library's answer to a file without content, or whose parts are missing.
            throw new FormatException($"{source}: it is not a complete kubeconfig: write clusters, users, contexts and current-context", error);
        }
        catch (YamlException error)
        {
            throw new FormatException($"{source}: it is not a kubeconfig, which is YAML with clusters, users, contexts and current-context: {error.Message}", error);
        }
        catch (Exception error) when (error is KubeConfigException or IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            throw new FormatException($"{source}: {error.Message}", error);
        }
    }
}

/// <summary>The API server answered with an error, or a watch ended in one. The message is the server's own where it gave one.</summary>
public sealed class KubernetesApiException : Exception
{
    private KubernetesApiException(HttpStatusCode status, string reason, string message)
        : base(message) => (Status, Reason) = (status, reason);

    public HttpStatusCode Status { get; }

    /// <summary>The word for machines, as <c>Expired</c>; empty when there is none.</summary>
    public string Reason { get; }

    /// <summary>A resource version or a page that the server does not remember.</summary>
    public bool IsExpired => Status == HttpStatusCode.Gone || Reason is "Expired" or "Gone";

    /// <summary>From a body that is a <c>Status</c> object, or anything else.</summary>
    internal static KubernetesApiException Create(HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Create(status, document.RootElement);
        }
        catch (JsonException)
        {
            return new(status, "", $"the API server answered {(int)status} {status}");
        }
    }

    /// <summary>From a <c>Status</c> object, or any other value.</summary>
    private static KubernetesApiException Create(HttpStatusCode defaultCode, JsonElement status)
    {
        var code = defaultCode;
        string? reason = null, message = null;
        if (status.ValueKind == JsonValueKind.Object)
        {
            if (status.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) && value > 0)
                code = (HttpStatusCode)value;
            reason = JsonText.Read(status, "reason");
            message = JsonText.Read(status, "message");
        }
        return new(code, reason ?? "", string.IsNullOrEmpty(message) ? $"the API server answered {(int)code} {code}" : message);
    }
}
