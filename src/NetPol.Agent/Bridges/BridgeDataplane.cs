using System.Diagnostics.Metrics;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Netlink;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Bridges;

/// <summary>Programs the table of the bridge family from the ports of bridges and the rules. Not for use by two threads at once.</summary>
internal sealed class BridgeDataplane(NftablesDataplane dataplane, INftables nftables, Func<BridgePorts> readPorts, PortAddressAssigner addresses, BridgeCoverage coverage, ILogger log)
{
    private readonly ErrorLogThrottle _failure = new();
    private string _contested = "";
    private string _unknown = "";

    /// <summary>Reads the ports, the rules and the table, and commits the difference. Logs an error and reports it through <see cref="BridgeCoverage"/>.</summary>
    /// <returns>False after an error.</returns>
    public bool Reconcile()
    {
        // Until the first rules of this run, the table of an earlier run stays in place.
        if (dataplane.ProgrammedRules is not { } rules)
            return true;
        PortAssignment? ports = null;
        try
        {
            ports = addresses.Assign(readPorts(), rules);
            Program(ports.Pods.Count == 0 ? null : BridgeTable.Render(ports.Pods, ports.Trusted));
            var dropped = ports.Pods.Count == 0 ? 0 : nftables.ReadCounters(BridgeTable.TableName).FirstOrDefault(c => string.Equals(c.Name, BridgeTable.SpoofedCounter, StringComparison.Ordinal)).Packets;
            coverage.Description = new(ports.Pods.Count, ports.Pods.Count(IsUnknown), dropped, null);
            LogChanges(ports);
            _failure.Clear();
            return true;
        }
        catch (NetlinkException error)
        {
            var uncovered = ports is null
                ? $"the ports of pods on bridges cannot be read: {error.Message}"
                : $"{ports.Pods.Count} pods on bridges are not limited to their own addresses: {error.Message}";
            coverage.Description = coverage.Description with { Pods = ports?.Pods.Count ?? coverage.Description.Pods, Error = uncovered };
            if (_failure.IsNew(uncovered))
                Log.BridgesUnprotected(log, uncovered);
            return false;
        }
    }

    /// <summary>A port may have a link-local address before the controller knows its pod.</summary>
    private static bool IsUnknown(BridgedPort port) => !port.Addresses.Any(a => !PortAddressAssigner.IsLinkLocal(a));

    private void Program(TableState? wanted)
    {
        var actual = nftables.Read(BridgeTable.TableName);
        if (wanted is null)
        {
            if (actual is not null)
                nftables.Commit(new(BridgeTable.TableName, [new Operation.DeleteTable()]));
            return;
        }
        if (TableDiff.MustReplace(actual))
        {
            Replace(wanted);
            return;
        }
        try
        {
            nftables.Commit(TableDiff.Between(actual, wanted));
        }
        catch (NftablesException) when (actual is not null)
        {
            // Another program changed the table so that no difference restores it, or changes it at this moment.
            Replace(wanted);
        }
    }

    private void Replace(TableState wanted) => nftables.Commit(TableDiff.Replace(wanted, nftables.ReadCounters(wanted.Name)));

    private void LogChanges(PortAssignment ports)
    {
        var contested = string.Join(", ", ports.Contested);
        if (contested.Length > 0 && !string.Equals(contested, _contested, StringComparison.Ordinal))
            Log.AddressClaimedTwice(log, contested);
        _contested = contested;
        var unknown = string.Join(", ", ports.Pods.Where(IsUnknown).Select(p => p.Name));
        if (unknown.Length > 0 && !string.Equals(unknown, _unknown, StringComparison.Ordinal))
            Log.UnknownBridgePorts(log, unknown);
        _unknown = unknown;
    }
}

/// <summary>Whether the source of each frame from a pod on a bridge is checked. Safe for any thread.</summary>
internal sealed class BridgeCoverage
{
    private BridgeSummary _description = new(0, 0, 0, null);

    public BridgeCoverage(IMeterFactory meters)
    {
        var meter = meters.Create(AgentInstrumentation.MeterName);
        meter.CreateObservableGauge("netpol.agent.bridge.unprotected", () => Description.Error is null ? 0 : 1, null, "Whether pods on bridges can send under the address of another pod of their bridge");
        meter.CreateObservableGauge("netpol.agent.bridge.ports", () => Description.Pods, "{port}", "Ports of bridges that lead into pods");
        meter.CreateObservableCounter("netpol.bridge.spoofed.frames", () => (long)Description.SpoofedFrames, "{frame}", "Frames that pods sent into bridges with an address that is not theirs, or that carry neither IP nor ARP");
    }

    public BridgeSummary Description
    {
        get => Volatile.Read(ref _description);
        set => Volatile.Write(ref _description, value);
    }
}
