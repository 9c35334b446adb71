using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using NetPol.Controller.Metrics;
using NetPol.Controller.Security;
using NetPol.Hosting;
using Refusal = Grpc.Core.Status;

namespace NetPol.Controller.Access;

/// <summary>
/// The first middleware behind the ports for callers with tokens. It identifies the caller from the headers of a request. It refuses an unauthenticated caller before a
/// byte of the body is read, decompressed or parsed.
/// </summary>
internal sealed class CallAuthorization(ConnectionCallers callers, AccessMetrics meter)
{
    /// <summary>Unauthenticated requests that one address may send in a second.</summary>
    private const double UnknownAddressRequestsPerSecond = 50;

    private const string Identity = "identity";

    /// <summary>Serves a gRPC call to a caller that may make it.</summary>
    public async Task AuthorizeCallAsync(HttpContext context, RequestDelegate next)
    {
        var (rule, refusal) = await EvaluateAsync(context);
        if (refusal is { } status)
        {
            await RejectAsync(context, status);
            return;
        }
        Limit(context, rule!);
        await next(context);
    }

    /// <summary>Returns the caller of a request on the dashboard's port.</summary>
    /// <exception cref="RpcException">As <see cref="TokenAuthenticator.AuthenticateAsync"/>.</exception>
    public Task<Caller> IdentifyAsync(HttpContext context) => IdentifyAsync(context, requiresReview: false);

    /// <summary>Serves a request on the dashboard's port. Unauthenticated callers may send a limited number of requests a second.</summary>
    public async Task AuthorizeDashboardAsync(HttpContext context, RequestDelegate next)
    {
        if (MayRequest(context))
        {
            await next(context);
            return;
        }
        meter.CountRefused(nameof(StatusCode.ResourceExhausted));
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
    }

    private async Task<(CallRule? Rule, Refusal? Refusal)> EvaluateAsync(HttpContext context)
    {
        if (!MayRequest(context))
            return (null, new(StatusCode.ResourceExhausted, "too many unauthenticated requests: try again in a second"));
        if (CallRules.Find(context.Request.Path.Value) is not { } rule)
            return (null, new(StatusCode.Unimplemented, "there is no such call"));
        if (context.Request.Headers.GrpcEncoding is { Count: > 0 } encoding && !string.Equals(encoding.ToString(), Identity, StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Headers.GrpcAcceptEncoding = Identity;
            return (null, new(StatusCode.Unimplemented, "compressed messages are not read: send them with grpc-encoding identity"));
        }
        try
        {
            var caller = await IdentifyAsync(context, rule.RequiresTokenReview);
            ConnectionCallers.SetCaller(context, caller);
            var mayCall = rule.AllowedCallers == CallerRoles.All || (rule.AllowedCallers == CallerRoles.Agents) == (caller.Node is not null);
            return (rule, mayCall ? null : new(StatusCode.PermissionDenied, rule.Refusal));
        }
        catch (RpcException error)
        {
            return (null, error.Status);
        }
    }

    private Task<Caller> IdentifyAsync(HttpContext context, bool requiresReview) => requiresReview ? callers.AuthenticateAsync(context) : callers.GetOrAuthenticateAsync(context);

    private static bool MayRequest(HttpContext context) =>
        ConnectionCallers.IsAuthenticated(context) || context.Features.Get<LimitedConnection>() is not { } connection || connection.TryTakeRequest(UnknownAddressRequestsPerSecond);

    private static void Limit(HttpContext context, CallRule rule)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = rule.MaxBodyBytes;
        // A stream sends nothing for hours when nothing changes.
        if (rule.IsStream)
            context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
    }

    /// <summary>A response of headers alone ("Trailers-Only" of the gRPC protocol): the rest of the request is not needed.</summary>
    private Task RejectAsync(HttpContext context, Refusal refusal)
    {
        meter.CountRefused(refusal.StatusCode.ToString());
        var response = context.Response;
        response.ContentType = "application/grpc";
        response.Headers.GrpcStatus = ((int)refusal.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        response.Headers.GrpcMessage = Uri.EscapeDataString(refusal.Detail);
        return response.CompleteAsync();
    }
}
