using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Watching;

/// <summary>A policy with what its status needs.</summary>
/// <param name="Policy">The policy, stricter than written where it is faulty.</param>
/// <param name="Uid">Tells it from others that had its name.</param>
/// <param name="Generation">Which form of its spec this is.</param>
/// <param name="Diagnostics">What is wrong with it, or worth a word.</param>
public sealed record WatchedPolicy(Policy Policy, string Uid, long Generation, ValueArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether the policy takes part in the rules. False for one of the admin kinds that NetPol fails to read and never read before: its pods are unknown.</summary>
    public bool IsEnforced { get; init; } = true;

    /// <summary>Reads a policy; null for one that has no effect.</summary>
    internal static WatchedPolicy? Read(IObjectReader<Policy> reader, WatchedObject live)
    {
        var diagnostics = new List<Diagnostic>();
        return LiveObject.Read(reader, live, diagnostics) is { } policy ? new(policy, live.Uid, live.Generation, diagnostics.ToValueArray()) : null;
    }
}
