using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>An API server on loopback that answers everything as a test tells it to.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeApi(WebApplication app) => (_app, Client) = (app, new(new() { Host = app.Urls.Single() }));

    public k8s.Kubernetes Client { get; }

    public static async Task<FakeApi> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return new(app);
    }

    /// <summary>One that dies while it answers.</summary>
    /// <param name="cuts">Whether the connection breaks; otherwise an answer ends in its midst.</param>
    public static Task<FakeApi> StartDyingAsync(bool cuts) => StartAsync(async context =>
    {
        if (cuts)
            context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("""{"metadata":{""");
        await context.Response.Body.FlushAsync();
        if (cuts)
            context.Abort();
    });

    /// <summary>Answers a question about a token: it is an observer's, or none.</summary>
    public static Task AnswerReviewAsync(HttpContext context, bool isObserver) => context.Response.WriteAsync(isObserver
        ? """{"status":{"authenticated":true,"audiences":["netpol"],"user":{"username":"system:serviceaccount:netpol-system:netpol-observer"}}}"""
        : """{"status":{"authenticated":false}}""");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
