using Grpc.Core;
using NetPol.Controller.Access;
using NetPol.Controller.Rules;
using NetPol.Controller.Trust;

namespace NetPol.Controller.Pages;

/// <summary>What the page's port answers: the page to everybody, what it shows to observers.</summary>
internal static class PageEndpoints
{
    public static void Map(IEndpointRouteBuilder people)
    {
        people.MapGet("/", (PageDocument document) => Results.Content(document.Html, "text/html; charset=utf-8"));
        people.MapGet("/view", async (HttpContext context, CallerCheck check) =>
        {
            try
            {
                var caller = await check.IdentifyAsync(context);
                return caller.Node is null
                    ? await ShowAsync(context, AgentAuthenticator.Token(context.Request.Headers.Authorization)!)
                    : Refuse(StatusCodes.Status403Forbidden, "the token is that of an agent, not of an observer");
            }
            catch (RpcException error)
            {
                if (error.StatusCode == StatusCode.Unauthenticated)
                    context.Response.Headers.WWWAuthenticate = "Bearer";
                return Refuse(HttpStatus(error.StatusCode), error.Status.Detail);
            }
        });
    }

    private static async Task<IResult> ShowAsync(HttpContext context, string token)
    {
        var (services, cancel) = (context.RequestServices, context.RequestAborted);
        if (!services.GetRequiredService<RuleBook>().Filled.IsCompleted)
            return Refuse(StatusCodes.Status503ServiceUnavailable, "the state of the cluster is not known yet");
        var map = await services.GetRequiredService<ReachMap>().LookAsync(cancel);
        var (others, unread) = await services.GetRequiredService<OtherReplicas>().ReadAsync(cancel);
        var (nodes, unseen) = services.GetRequiredService<NodeList>().Show(others);
        var (denials, silent) = await services.GetRequiredService<DenialList>().ReadAsync(others, token, cancel);
        var faults = ((string?[])[unread, unseen, .. silent]).Where(f => f is not null).ToList();
        return Results.Json(new PageView(
            services.GetRequiredService<ControllerOptions>().Name, map.Show(context.Request.Query["filter"].ToString()), denials, nodes, EnforcementWarning.Of(nodes),
            faults.Count == 0 ? null : string.Join(". ", faults)));
    }

    private static IResult Refuse(int status, string error) => Results.Json(new PageFault(error), statusCode: status);

    private static int HttpStatus(StatusCode status) => status switch
    {
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}
