using k8s.Models;
using NetPol.Kubernetes.Watching;

namespace NetPol.Controller.Status;

/// <summary>Events about NetworkPolicies, which have no status to write conditions to.</summary>
internal static class PolicyEvent
{
    private const int LongestMessage = 1024;

    /// <param name="policy">What it is about.</param>
    /// <param name="reason">In camel case, for programs.</param>
    /// <param name="message">For people; what is longer than an event takes is cut.</param>
    /// <param name="replica">Who writes it.</param>
    /// <param name="now">When.</param>
    public static Corev1Event Warning(WatchedPolicy policy, string reason, string message, string replica, DateTimeOffset now)
    {
        var id = policy.Policy.Id;
        return new()
        {
            Metadata = new() { GenerateName = $"{id.Name}.", NamespaceProperty = id.Namespace },
            InvolvedObject = new() { ApiVersion = "networking.k8s.io/v1", Kind = "NetworkPolicy", NamespaceProperty = id.Namespace, Name = id.Name, Uid = policy.Uid },
            Type = "Warning",
            Reason = reason,
            Message = ShortText.Of(message, LongestMessage),
            Source = new() { Component = "netpol-controller", Host = replica },
            FirstTimestamp = now.UtcDateTime,
            LastTimestamp = now.UtcDateTime,
            Count = 1,
        };
    }
}
