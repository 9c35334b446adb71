using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>An error that the API server answers with a Status object.</summary>
internal sealed class ApiError(int code, string reason, string message) : Exception(message)
{
    public int Code => code;

    public static ApiError NotFound(ResourcePath path) => new(404, "NotFound", $"{path.Resource.QualifiedName} \"{path.Name}\" not found");

    public static ApiError AlreadyExists(ResourcePath path) => new(409, "AlreadyExists", $"{path.Resource.QualifiedName} \"{path.Name}\" already exists");

    public static ApiError Conflict(ResourcePath path) => new(409, "Conflict",
        $"Operation cannot be fulfilled on {path.Resource.QualifiedName} \"{path.Name}\": the object has been modified; please apply your changes to the latest version and try again");

    public static ApiError Expired(string message) => new(410, "Expired", message);

    public static ApiError BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>Returns the Status object.</summary>
    public string Body => ApiText.Status(code, reason, Message);

    public Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = code;
        return context.Response.WriteAsync(Body);
    }
}
