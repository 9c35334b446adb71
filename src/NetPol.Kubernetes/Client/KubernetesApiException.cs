using System.Net;
using System.Text.Json;

namespace NetPol.Kubernetes.Client;

/// <summary>The API server answered with an error, or a watch ended in one. The message is the server's own where it gave one.</summary>
public sealed class KubernetesApiException : Exception
{
    private KubernetesApiException(HttpStatusCode status, string reason, string message)
        : base(message) => (Status, Reason) = (status, reason);

    public HttpStatusCode Status { get; }

    /// <summary>The word for machines, as <c>Expired</c>; empty when there is none.</summary>
    public string Reason { get; }

    /// <summary>A resource version or a page that the server does not remember.</summary>
    public bool IsExpired => Status == HttpStatusCode.Gone || Reason is "Expired" or "Gone";

    /// <summary>From a body that is a <c>Status</c> object, or anything else.</summary>
    internal static KubernetesApiException Of(HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Of(status, document.RootElement);
        }
        catch (JsonException)
        {
            return new(status, "", $"the API server answered {(int)status} {status}");
        }
    }

    /// <summary>From a <c>Status</c> object, or any other value.</summary>
    private static KubernetesApiException Of(HttpStatusCode otherwise, JsonElement status)
    {
        var code = otherwise;
        string? reason = null, message = null;
        if (status.ValueKind == JsonValueKind.Object)
        {
            if (status.TryGetProperty("code", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) && value > 0)
                code = (HttpStatusCode)value;
            reason = JsonText.Of(status, "reason");
            message = JsonText.Of(status, "message");
        }
        return new(code, reason ?? "", string.IsNullOrEmpty(message) ? $"the API server answered {(int)code} {code}" : message);
    }
}
