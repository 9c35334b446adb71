using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Grpc.Core;
using NetPol.Controller.Access;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Security;

namespace NetPol.Controller.Dashboard;

/// <summary>The endpoints of the dashboard's port: the page for all callers, its data for observers.</summary>
internal static class DashboardEndpoints
{
    public static void Map(IEndpointRouteBuilder people)
    {
        people.MapGet("/", (DashboardDocument document) => Results.Content(document.Html, "text/html; charset=utf-8"));
        people.MapGet("/view", async (HttpContext context, CallAuthorization check) =>
        {
            try
            {
                var caller = await check.IdentifyAsync(context);
                return caller.Node is null
                    ? await ShowAsync(context, TokenAuthenticator.ReadBearerToken(context.Request.Headers.Authorization)!)
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
        if (!services.GetRequiredService<RuleSetStore>().InitialSync.IsCompleted)
            return Refuse(StatusCodes.Status503ServiceUnavailable, "the state of the cluster is not known yet");
        var map = await services.GetRequiredService<ReachabilityMatrix>().RenderAsync(cancel);
        var (others, unread) = await services.GetRequiredService<OtherReplicas>().ReadAsync(cancel);
        var (nodes, unseen) = services.GetRequiredService<NodeList>().Create(others);
        var (denials, silent) = await services.GetRequiredService<DenialList>().ReadAsync(others, token, cancel);
        var faults = ((string?[])[unread, unseen, .. silent]).Where(f => f is not null).ToList();
        return Results.Json(new DashboardView(
            services.GetRequiredService<ControllerOptions>().Name, map.Filter(context.Request.Query["filter"].ToString()), denials, nodes, EnforcementWarning.Create(nodes),
            faults.Count == 0 ? null : string.Join(". ", faults)));
    }

    private static IResult Refuse(int status, string error) => Results.Json(new DashboardError(error), statusCode: status);

    private static int HttpStatus(StatusCode status) => status switch
    {
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}

/// <summary>The page without data, and its Content-Security-Policy: the browser may run this script and send requests to this server only.</summary>
internal sealed class DashboardDocument
{
    private const string Placeholder = "{{command}}";

    public DashboardDocument(ControllerOptions options)
    {
        using var resource = typeof(DashboardDocument).Assembly.GetManifestResourceStream("page.html")
            ?? throw new InvalidOperationException("the page is not in the assembly");
        using var reader = new StreamReader(resource);
        var command = $"kubectl -n {options.Namespace} create token {options.ObserverServiceAccount} --audience {options.TokenAudience}";
        Html = reader.ReadToEnd().Replace(Placeholder, HtmlEncoder.Default.Encode(command), StringComparison.Ordinal);
        ContentSecurityPolicy =
            $"default-src 'none'; script-src {Hash("script")}; style-src {Hash("style")}; connect-src 'self'; img-src data:; " +
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
    }

    public string Html { get; }

    public string ContentSecurityPolicy { get; }

    private string Hash(string element)
    {
        var first = Html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var content = Html[first..Html.IndexOf($"</{element}>", first, StringComparison.Ordinal)];
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'";
    }
}

/// <summary>Adds security headers to each response of the dashboard's port: no cache, no referrer, no frames, no content sniffing.</summary>
internal static class SecurityHeaders
{
    public static Task Add(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = context.RequestServices.GetRequiredService<DashboardDocument>().ContentSecurityPolicy;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }
}
