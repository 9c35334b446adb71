using NetPol.Controller.Status;
using NetPol.Kubernetes.Client;
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
            // A replica that took another's place has its address: what the other told before it ended is of the past.
            var latest = all.Where(r => !string.Equals(r.Key, options.Name, StringComparison.Ordinal)).GroupBy(r => r.Value.Address ?? r.Key, StringComparer.Ordinal)
                .Where(at => !string.Equals(at.Key, options.StreamAddress, StringComparison.Ordinal)).Select(at => at.MaxBy(r => r.Value.At));
            return (latest.ToDictionary(StringComparer.Ordinal), null);
        }
        catch (Exception error) when (ApiTrouble.IsPassing(error))
        {
            cancel.ThrowIfCancellationRequested();
            return (new Dictionary<string, ReplicaReport>(StringComparer.Ordinal), $"What the other controllers know could not be read: {error.Message}");
        }
    }
}
