using NetPol.Controller.Status;
using NetPol.Kubernetes.Watching;
using NetPol.Protocol.State;

namespace NetPol.Controller.Pages;

/// <summary>What the other replicas report of themselves.</summary>
internal sealed class OtherReplicas(ControllerOptions options, ReplicaReports reports, TimeProvider time)
{
    /// <returns>By replica; none, and a fault for people, when they cannot be read.</returns>
    public async Task<(IReadOnlyDictionary<string, ReplicaReport> Reports, string? Fault)> ReadAsync(CancellationToken cancel)
    {
        try
        {
            var all = await reports.ReadAsync(time.GetUtcNow(), cancel);
            return (all.Where(r => !string.Equals(r.Key, options.Name, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal), null);
        }
        catch (Exception error) when (ApiTrouble.IsPassing(error))
        {
            cancel.ThrowIfCancellationRequested();
            return (new Dictionary<string, ReplicaReport>(StringComparer.Ordinal), $"What the other controllers know could not be read: {error.Message}");
        }
    }
}
