using System.Net.Http.Headers;
using k8s.Authentication;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>The proof of who asks, which fails once when it is told to.</summary>
internal sealed class FailingProof : ITokenProvider
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
