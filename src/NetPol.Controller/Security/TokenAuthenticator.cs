using System.Net;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Metrics;
using NetPol.Kubernetes.Client;
using Refusal = Grpc.Core.Status;

namespace NetPol.Controller.Security;

/// <summary>
/// Identifies a caller as the agent of a node or as an observer. The API server names the account of the token (TokenReview, audience <c>netpol</c>) and which pod it is bound
/// to; that pod's node is the agent's. A token is not valid after its pod is deleted. The API server gets a bounded number of reviews at a time
/// (<see cref="TokenReviewLimiter"/>), none for a token whose claims show that it is not for NetPol (<see cref="TokenPrecheck"/>), and none for one that it has just refused.
/// </summary>
internal sealed class TokenAuthenticator(IKubernetes kubernetes, ControllerOptions options, AccessMetrics meter, TimeProvider time) : IDisposable
{
    private const string Scheme = "Bearer ";
    private const string PodName = "authentication.kubernetes.io/pod-name";
    private const string PodUid = "authentication.kubernetes.io/pod-uid";
    private const string NodeName = "authentication.kubernetes.io/node-name";
    private const int MostRefused = 4096;
    private const int MostAccepted = 16_384;

    /// <summary>At most the time after which an agent tries again, so that a token refused in error is soon accepted.</summary>
    private static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the lifetime of an agent's token.</summary>
    private static readonly TimeSpan AcceptedFor = TimeSpan.FromHours(2);

    private readonly TokenReviewLimiter _pools = new();
    private readonly TokenCache<Refusal> _refused = new(MostRefused, RefusedFor, time);
    private readonly TokenCache<bool> _accepted = new(MostAccepted, AcceptedFor, time);

    /// <param name="authorization">The metadata of that name; null when there is none.</param>
    /// <param name="origin">Where it came from.</param>
    /// <param name="cancel">Ends the wait for the API server.</param>
    /// <exception cref="RpcException">UNAUTHENTICATED or PERMISSION_DENIED with the reason; UNAVAILABLE while the API server cannot be asked; RESOURCE_EXHAUSTED while too many others ask.</exception>
    public async Task<Caller> AuthenticateAsync(string? authorization, TokenOrigin origin, CancellationToken cancel)
    {
        if (ReadBearerToken(authorization) is not { } token)
            throw new RpcException(new(StatusCode.Unauthenticated, "a bearer token is needed"));
        var pool = _accepted.Find(token) is not null ? TokenReviewPool.AcceptedToken : origin.IsKnown ? TokenReviewPool.KnownAddress : TokenReviewPool.UnknownAddress;
        if (pool != TokenReviewPool.AcceptedToken && (_refused.Find(token) ?? TokenPrecheck.FindFault(token, options, time.GetUtcNow())) is { } fault)
        {
            meter.CountRefusedToken();
            throw new RpcException(fault);
        }
        try
        {
            return await _pools.RunAsync(pool, origin.Address, () => AskOnceAsync(token), cancel);
        }
        catch (Exception error) when (KubernetesErrors.IsTransient(error))
        {
            cancel.ThrowIfCancellationRequested();
            throw new RpcException(new(StatusCode.Unavailable, $"the API server could not be asked about the token: {error.Message}"));
        }
    }

    /// <summary>Questions that wait for their turn.</summary>
    public int Waiting => _pools.Waiting;

    /// <summary>The token of such metadata; null when there is none.</summary>
    public static string? ReadBearerToken(string? authorization) =>
        authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) == true ? authorization[Scheme.Length..] : null;

    public void Dispose() => _pools.Dispose();

    /// <summary>The same token may have been refused while this question waited. The answer is remembered though the caller has left.</summary>
    private async Task<Caller> AskOnceAsync(string token)
    {
        if (_refused.Find(token) is { } refusal)
            throw new RpcException(refusal);
        meter.CountReview();
        try
        {
            var caller = await AskAsync(token, CancellationToken.None);
            _accepted.Add(token, answer: true);
            return caller;
        }
        catch (RpcException refused)
        {
            _accepted.Remove(token);
            _refused.Add(token, refused.Status);
            throw;
        }
    }

    private async Task<Caller> AskAsync(string token, CancellationToken cancel)
    {
        var user = await ReviewAsync(token, cancel);
        if (string.Equals(user.Username, Name(options.ObserverServiceAccount), StringComparison.Ordinal))
            return default;
        var expected = Name(options.AgentServiceAccount);
        if (!string.Equals(user.Username, expected, StringComparison.Ordinal))
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token is that of {user.Username}, not of {expected}"));
        return new(await NodeOfAsync(user, cancel));
    }

    private string Name(string serviceAccount) => $"system:serviceaccount:{options.Namespace}:{serviceAccount}";

    private async Task<V1UserInfo> ReviewAsync(string token, CancellationToken cancel)
    {
        var review = await kubernetes.AuthenticationV1.CreateTokenReviewAsync(
            new V1TokenReview { Spec = new() { Token = token, Audiences = [options.TokenAudience] } }, cancellationToken: cancel);
        if (review.Status is not { Authenticated: true, User: { } user } status)
            throw new RpcException(new(StatusCode.Unauthenticated, $"the API server does not accept the token: {review.Status?.Error}"));
        // An API server that knows no audiences answers with none; the token would then be good for anything.
        if (status.Audiences?.Contains(options.TokenAudience) != true)
            throw new RpcException(new(StatusCode.Unauthenticated, $"the token is not of the audience {options.TokenAudience}"));
        return user;
    }

    private async Task<string> NodeOfAsync(V1UserInfo user, CancellationToken cancel)
    {
        if (Extra(user, PodName) is not { } name || Extra(user, PodUid) is not { } uid)
            throw new RpcException(new(StatusCode.PermissionDenied, "the token is not bound to a pod"));
        V1Pod pod;
        try
        {
            pod = await kubernetes.CoreV1.ReadNamespacedPodAsync(name, options.Namespace, cancellationToken: cancel);
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token's pod {name} is deleted"));
        }
        if (!string.Equals(pod.Metadata.Uid, uid, StringComparison.Ordinal) || string.IsNullOrEmpty(pod.Spec.NodeName))
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token's pod {name} is deleted"));
        if (Extra(user, NodeName) is { } reported && !string.Equals(reported, pod.Spec.NodeName, StringComparison.Ordinal))
            throw new RpcException(new(StatusCode.PermissionDenied, $"the token names node {reported}, but its pod runs on {pod.Spec.NodeName}"));
        return pod.Spec.NodeName;
    }

    private static string? Extra(V1UserInfo user, string key) =>
        user.Extra is { } extra && extra.TryGetValue(key, out var values) && values is [var value] ? value : null;
}

/// <summary>An authenticated caller.</summary>
/// <param name="Node">The node whose agent it is; null for an observer, who may read any node's rules and enforces none.</param>
internal readonly record struct Caller(string? Node);

/// <summary>Where a token came from.</summary>
/// <param name="Address">The source address of the connection.</param>
/// <param name="IsKnown">Whether it is a node's, or a caller authenticated there before.</param>
internal readonly record struct TokenOrigin(IPAddress Address, bool IsKnown);

/// <summary>The API server's results for tokens, by their hashes, for a time. Bounded: the oldest are removed first. Safe for any thread.</summary>
/// <param name="most">How many tokens are remembered.</param>
/// <param name="memory">For how long.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenCache<T>(int most, TimeSpan memory, TimeProvider time)
    where T : struct
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (T Answer, long At)> _answers = new(StringComparer.Ordinal);
    private readonly Queue<(string Hash, long At)> _order = new();

    /// <summary>Returns the stored result; null when there is none or it has expired.</summary>
    public T? Find(string token)
    {
        var hash = Hash(token);
        lock (_lock)
        {
            ForgetOld();
            return _answers.TryGetValue(hash, out var found) ? found.Answer : null;
        }
    }

    public void Add(string token, T answer)
    {
        var hash = Hash(token);
        lock (_lock)
        {
            ForgetOld();
            // An answer that is given often moves to the end of the queue, though not each time.
            if (_answers.TryGetValue(hash, out var before) && time.GetElapsedTime(before.At) < memory / 2)
                return;
            var now = time.GetTimestamp();
            _answers[hash] = (answer, now);
            _order.Enqueue((hash, now));
            if (_order.Count > most)
                Forget();
        }
    }

    public void Remove(string token)
    {
        var hash = Hash(token);
        lock (_lock)
            _answers.Remove(hash);
    }

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private void ForgetOld()
    {
        while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > memory)
            Forget();
    }

    private void Forget()
    {
        var (hash, at) = _order.Dequeue();
        if (_answers.TryGetValue(hash, out var found) && found.At == at)
            _answers.Remove(hash);
    }
}
