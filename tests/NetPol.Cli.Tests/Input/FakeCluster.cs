using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace NetPol.Cli.Tests.Input;

/// <summary>An API server on loopback that returns prepared answers, and 404 for everything else.</summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private const int MostTries = 20;

    private const string Absent = """{"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound", "message": "the server could not find the requested resource"}""";

    private static readonly Dictionary<string, string> Paths = new(StringComparer.Ordinal)
    {
        ["Namespace"] = "/api/v1/namespaces",
        ["Node"] = "/api/v1/nodes",
        ["Pod"] = "/api/v1/pods",
        ["NetworkPolicy"] = "/apis/networking.k8s.io/v1/networkpolicies",
    };

    private readonly Dictionary<string, (int Status, string Body)> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly HttpListener _listener;
    private readonly Task _answering;

    public FakeCluster()
    {
        (_listener, var server) = Listen();
        Kubeconfig = Path.GetTempFileName();
        File.WriteAllText(Kubeconfig, File.ReadAllText(NetPolProcess.Fixture("unreachable.kubeconfig")).Replace("http://127.0.0.1:1", server, StringComparison.Ordinal));
        _answering = AnswerAsync();
        foreach (var path in Paths.Values)
            Has(path, List());
    }

    /// <summary>The path of a kubeconfig for this server.</summary>
    public string Kubeconfig { get; }

    /// <summary>The path and query of every request, in order of arrival.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public static string List(params string[] items) => $$"""{"kind": "List", "metadata": {"resourceVersion": "1"}, "items": [{{string.Join(',', items)}}]}""";

    /// <summary>Prepares the answer for a path with any query.</summary>
    public void Has(string path, string body, int status = 200) => _answers[path] = (status, body);

    /// <summary>Changes the namespace of the kubeconfig's context.</summary>
    public void SetNamespace(string name) =>
        File.WriteAllText(Kubeconfig, File.ReadAllText(Kubeconfig).Replace("context: { ", $"context: {{ namespace: {name}, ", StringComparison.Ordinal));

    /// <summary>Adds the objects of a list in kubectl's format to the lists of their kinds.</summary>
    public void HasAll(string list)
    {
        using var json = JsonDocument.Parse(list);
        foreach (var kind in json.RootElement.GetProperty("items").EnumerateArray().GroupBy(o => o.GetProperty("kind").GetString()))
            Has(Paths[kind.Key!], List([.. kind.Select(o => o.GetRawText())]));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _answering;
        File.Delete(Kubeconfig);
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception end) when (end is ObjectDisposedException or HttpListenerException)
            {
                return;
            }
            _asked.Enqueue(context.Request.RawUrl!);
            var (status, body) = _answers.GetValueOrDefault(context.Request.Url!.AbsolutePath, (404, Absent));
            context.Response.StatusCode = status;
            context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: false);
        }
    }

    /// <summary>Starts a listener on a free port. HttpListener cannot choose one, and another process may take a port between the check and the start.</summary>
    private static (HttpListener Listener, string Server) Listen()
    {
        for (var tries = 1; ; tries++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            var server = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
            socket.Close();
            var listener = new HttpListener();
            listener.Prefixes.Add($"{server}/");
            try
            {
                listener.Start();
                return (listener, server);
            }
            catch (HttpListenerException) when (tries < MostTries)
            {
                listener.Close();
            }
        }
    }
}
