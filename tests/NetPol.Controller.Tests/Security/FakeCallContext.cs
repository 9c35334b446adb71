using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace NetPol.Controller.Tests.Security;

/// <summary>A call with a token, on a connection of its own.</summary>
internal sealed class FakeCallContext : ServerCallContext
{
    private readonly CancellationToken _cancel;

    public FakeCallContext(string token, CancellationToken cancel)
    {
        _cancel = cancel;
        Http.Request.Headers.Authorization = $"Bearer {token}";
        Http.RequestAborted = cancel;
        Http.Features.Set<IConnectionItemsFeature>(new Connection());
        UserState["__HttpContext"] = Http;
    }

    /// <summary>The request that makes the call.</summary>
    public DefaultHttpContext Http { get; } = new();

    /// <summary>What becomes of the headers of an answer.</summary>
    public Func<Task> WriteHeaders { get; init; } = () => Task.CompletedTask;

    protected override string MethodCore => "";

    protected override string HostCore => "";

    protected override string PeerCore => "";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore { get; } = [];

    protected override CancellationToken CancellationTokenCore => _cancel;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Grpc.Core.Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore { get; } = new(null, []);

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => WriteHeaders();

    private sealed class Connection : IConnectionItemsFeature
    {
        public IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();
    }
}
