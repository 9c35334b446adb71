using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>
/// Answers token reviews: a token that <see cref="Issue"/> returned is good, every other token is refused. <see cref="Answer"/> replaces this rule. Safe for any thread.
/// </summary>
public sealed class TokenReviews
{
    /// <summary>The status of a review that refuses the token.</summary>
    public const string Refused = """{"authenticated":false,"error":"invalid bearer token"}""";

    private readonly ConcurrentDictionary<string, string> _issued = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _unknownInProgress;
    private int _serial;

    /// <summary>Returns the status of the review of a token. If it throws, the review fails with status 500. Null for the usual rule.</summary>
    public Func<string, CancellationToken, Task<string>>? Answer { get; set; }

    /// <summary>The duration of every review under the usual rule.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The number of started reviews.</summary>
    public int Count { get; private set; }

    /// <summary>The number of started reviews of tokens that were not issued.</summary>
    public int UnknownCount { get; private set; }

    /// <summary>The highest number of reviews of tokens that were not issued at the same time.</summary>
    public int MaxConcurrentUnknown { get; private set; }

    /// <summary>Returns the status of a review of a service account's token for the audience <c>netpol</c>.</summary>
    /// <param name="account">The account's name in <c>netpol-system</c>.</param>
    /// <param name="pod">The pod that the token is bound to. Null for none.</param>
    /// <param name="uid">The pod's UID.</param>
    public static string Authenticated(string account, string? pod = null, string? uid = null)
    {
        var extra = new JsonObject();
        if (pod is not null)
        {
            extra["authentication.kubernetes.io/pod-name"] = new JsonArray(pod);
            extra["authentication.kubernetes.io/pod-uid"] = new JsonArray(uid);
        }
        return new JsonObject
        {
            ["authenticated"] = true,
            ["audiences"] = new JsonArray("netpol"),
            ["user"] = new JsonObject { ["username"] = $"system:serviceaccount:netpol-system:{account}", ["extra"] = extra },
        }.ToJsonString();
    }

    /// <summary>Issues a new token of a service account, bound to a pod. Each call returns another one.</summary>
    public string Issue(string account, string pod, string uid)
    {
        var token = TestToken.Make($"issued-{Interlocked.Increment(ref _serial)}", account);
        _issued[token] = Authenticated(account, pod, uid);
        return token;
    }

    internal async Task ReviewAsync(HttpContext context)
    {
        var review = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
        var token = (string?)review["spec"]?["token"] ?? "";
        var isUnknown = !_issued.TryGetValue(token, out var status);
        Begin(isUnknown);
        try
        {
            if (Answer is { } answer)
                status = await answer(token, context.RequestAborted);
            else
                await Task.Delay(Delay, context.RequestAborted);
        }
        finally
        {
            if (isUnknown)
                Interlocked.Decrement(ref _unknownInProgress);
        }
        review["status"] = JsonNode.Parse(status ?? Refused);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await context.Response.WriteAsync(review.ToJsonString(), context.RequestAborted);
    }

    private void Begin(bool isUnknown)
    {
        lock (_lock)
        {
            Count++;
            if (!isUnknown)
                return;
            UnknownCount++;
            MaxConcurrentUnknown = Math.Max(MaxConcurrentUnknown, Interlocked.Increment(ref _unknownInProgress));
        }
    }
}
