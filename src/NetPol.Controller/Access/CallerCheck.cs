using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using NetPol.Controller.Metrics;
using NetPol.Controller.Trust;
using NetPol.Hosting;
using Refusal = Grpc.Core.Status;

namespace NetPol.Controller.Access;

/// <summary>
/// The first middleware behind the ports for callers with tokens. It finds out who calls from the headers of a request. A caller that proves nothing is refused before a
/// byte of the body is read, unzipped or parsed.
/// </summary>
internal sealed class CallerCheck(ConnectionCallers callers, AccessMeter meter)
{
    /// <summary>Requests without a proof that one address may send in a second.</summary>
    private const double StrangerRequestsPerSecond = 50;

    private const string Identity = "identity";

    /// <summary>Serves a gRPC call to a caller that may make it.</summary>
    public async Task ServeCallAsync(HttpContext context, RequestDelegate next)
    {
        var (rule, refusal) = await JudgeAsync(context);
        if (refusal is { } status)
        {
            await RefuseAsync(context, status);
            return;
        }
        Limit(context, rule!);
        await next(context);
    }

    /// <summary>Who asks for something on the page's port.</summary>
    /// <exception cref="RpcException">As <see cref="AgentAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> IdentifyAsync(HttpContext context) => IdentifyAsync(context, provesAnew: false);

    /// <summary>Serves anything on the page's port, to callers without a proof too, but not more often than one of them needs.</summary>
    public async Task ServePageAsync(HttpContext context, RequestDelegate next)
    {
        if (MayAsk(context))
        {
            await next(context);
            return;
        }
        meter.Refused(nameof(StatusCode.ResourceExhausted));
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
    }

    private async Task<(CallRule? Rule, Refusal? Refusal)> JudgeAsync(HttpContext context)
    {
        if (!MayAsk(context))
            return (null, new(StatusCode.ResourceExhausted, "too many requests without a proof who sends them: try again in a second"));
        if (CallRules.Find(context.Request.Path.Value) is not { } rule)
            return (null, new(StatusCode.Unimplemented, "there is no such call"));
        if (context.Request.Headers.GrpcEncoding is { Count: > 0 } encoding && !string.Equals(encoding.ToString(), Identity, StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Headers.GrpcAcceptEncoding = Identity;
            return (null, new(StatusCode.Unimplemented, "compressed messages are not read: send them with grpc-encoding identity"));
        }
        try
        {
            var caller = await IdentifyAsync(context, rule.ProvesAnew);
            ConnectionCallers.Note(context, caller);
            var mayCall = rule.From == Callers.All || (rule.From == Callers.Agents) == (caller.Node is not null);
            return (rule, mayCall ? null : new(StatusCode.PermissionDenied, rule.Refusal));
        }
        catch (RpcException error)
        {
            return (null, error.Status);
        }
    }

    private Task<Caller> IdentifyAsync(HttpContext context, bool provesAnew) => provesAnew ? callers.ProveAsync(context) : callers.KnownAsync(context);

    private static bool MayAsk(HttpContext context) =>
        ConnectionCallers.IsKnown(context) || context.Features.Get<GuardedConnection>() is not { } connection || connection.TakesRequest(StrangerRequestsPerSecond);

    private static void Limit(HttpContext context, CallRule rule)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = rule.MostBodyBytes;
        // A stream is silent for hours when nothing changes.
        if (rule.IsStream)
            context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
    }

    /// <summary>A response of headers alone ("Trailers-Only" of the gRPC protocol): the connection needs no more of the request.</summary>
    private Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        meter.Refused(refusal.StatusCode.ToString());
        var response = context.Response;
        response.ContentType = "application/grpc";
        response.Headers.GrpcStatus = ((int)refusal.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(refusal.Detail);
        return response.CompleteAsync();
    }
}
