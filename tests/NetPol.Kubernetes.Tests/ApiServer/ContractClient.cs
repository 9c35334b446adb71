using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>Sends requests to an API server and returns what it answers, without interpretation.</summary>
internal sealed class ContractClient(KubernetesClientConfiguration configuration) : IDisposable
{
    private readonly k8s.Kubernetes _client = new(configuration);

    public Task<(int Status, JsonObject Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Returns the status code that a request is answered with.</summary>
    public async Task<int> GetStatusAsync(string path)
    {
        using var response = await OpenAsync(HttpMethod.Get, path, null, "");
        return (int)response.StatusCode;
    }

    public async Task<(int Status, JsonObject Body)> SendAsync(HttpMethod method, string path, string? body = null, string type = "application/json")
    {
        using var response = await OpenAsync(method, path, body, type);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    /// <summary>Sends a request that must succeed.</summary>
    public async Task<JsonObject> WriteAsync(HttpMethod method, string path, string? body = null, string type = "application/json")
    {
        var (status, answer) = await SendAsync(method, path, body, type);
        Assert.IsTrue(status is 200 or 201, $"{method} {path}: {answer}");
        return answer;
    }

    /// <summary>Begins a watch. Its headers have arrived.</summary>
    public async Task<ContractWatch> WatchAsync(string path, string query)
    {
        var response = await OpenAsync(HttpMethod.Get, $"{path}?watch=1&{query}", null, "");
        Assert.AreEqual(200, (int)response.StatusCode);
        return new(response, new(await response.Content.ReadAsStreamAsync()));
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, string? body, string type)
    {
        using var request = new HttpRequestMessage(method, new Uri(_client.BaseUri, path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, type);
        if (_client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, CancellationToken.None);
        return await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WithinAsync($"the answer to {path}");
    }
}

/// <summary>The lines of a watch.</summary>
internal sealed class ContractWatch(HttpResponseMessage response, StreamReader lines) : IDisposable
{
    /// <summary>Returns the next line. Null at the end of the stream.</summary>
    public async Task<JsonObject?> NextAsync() => await lines.ReadLineAsync().WithinAsync("a line of a watch") is { } line ? JsonNode.Parse(line)!.AsObject() : null;

    /// <summary>Returns the next event as <c>TYPE name</c>, and its object.</summary>
    public async Task<(string Text, JsonObject Object)> NextEventAsync()
    {
        var line = (await NextAsync())!;
        var live = line["object"]!.AsObject();
        return ($"{line["type"]} {live["metadata"]?["name"]}".Trim(), live);
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
