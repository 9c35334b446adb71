using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NetPol.Agent.Streaming;

namespace NetPol.Agent.Health;

/// <summary>Answers on the loopback address: <c>/healthz</c>, <c>/readyz</c> and <c>/state</c>.</summary>
internal sealed class LocalServer(AgentOptions options, AgentState state, ILogger<LocalServer> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{options.LocalPort}/");
        listener.Start();
        await using var stop = stoppingToken.Register(listener.Abort);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AnswerAsync(await listener.GetContextAsync());
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException or IOException)
            {
                if (!stoppingToken.IsCancellationRequested)
                    Log.NotAnswered(log, error.Message);
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var (status, type, body) = context.Request.Url?.AbsolutePath switch
        {
            "/healthz" => (200, "text/plain", "ok\n"),
            "/readyz" when state.IsReady => (200, "text/plain", "ok\n"),
            "/readyz" => (503, "text/plain", "waiting for the first rules\n"),
            "/state" => (200, "application/json", JsonSerializer.Serialize(state.Describe()) + "\n"),
            _ => (404, "text/plain", "there are /healthz, /readyz and /state\n"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        var bytes = Encoding.UTF8.GetBytes(body);
        context.Response.ContentLength64 = bytes.Length;
        await context.Response.OutputStream.WriteAsync(bytes);
        context.Response.Close();
    }
}
