using System.Net.Http.Headers;
using System.Text;
using k8s.Authentication;
using NetPol.Kubernetes.Client;
using NetPol.Testing.ApiServer;

namespace NetPol.Kubernetes.Tests.Client;

internal static class TestClients
{
    /// <summary>Opens a client of the server.</summary>
    /// <param name="api">The server.</param>
    /// <param name="credential">The client's credential; null for none.</param>
    public static KubernetesApi Open(this FakeApiServer api, ITokenProvider? credential = null)
    {
        var configuration = api.Configuration;
        configuration.TokenProvider = credential;
        return new(configuration);
    }

    /// <summary>Returns an object as an informer receives it.</summary>
    public static ReceivedObject Receive(string json) => ReceivedObject.Create(ApiJson.ReadEvent(Encoding.UTF8.GetBytes($$"""{"type":"ADDED","object":{{json}}}""")).Object);
}

/// <summary>A credential that fails once for each <see cref="Failure"/>.</summary>
internal sealed class FailingTokenProvider : ITokenProvider
{
    private Exception? _failure;

    public Exception? Failure
    {
        set => Volatile.Write(ref _failure, value);
    }

    public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) => Interlocked.Exchange(ref _failure, null) is { } failure
        ? Task.FromException<AuthenticationHeaderValue>(failure)
        : Task.FromResult<AuthenticationHeaderValue>(new("Bearer", "token"));
}
