using System.Text.Json;
using k8s.Autorest;
using k8s.Exceptions;

namespace NetPol.Kubernetes.Client;

/// <summary>What can go wrong with a question to an API server though nothing is wrong with who asks.</summary>
public static class ApiTrouble
{
    /// <summary>
    /// Whether it is worth asking again: the server refused or was not there, its answer was cut off or took too long, or the proof of who
    /// asks (a token's file, a plug-in) could not be had. One who is being stopped asks no more: that is the caller's to see.
    /// </summary>
    public static bool IsPassing(Exception error) => error is KubernetesApiException or HttpOperationException or HttpRequestException or IOException or JsonException
        or OperationCanceledException or UnauthorizedAccessException or KubeConfigException;

    /// <summary>What happened, in the server's words where it gave some.</summary>
    public static string Words(Exception error) => error is HttpOperationException { Response: { } answer } ? $"{answer.StatusCode} {answer.Content}".TrimEnd() : error.Message;
}
