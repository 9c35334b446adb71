using System.Diagnostics.Metrics;
using NetPol.Controller.Leadership;
using NetPol.Controller.Metrics;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;
using NetPol.Kubernetes.Watch;

namespace NetPol.Controller;

/// <summary>The gauges of the controller.</summary>
internal sealed class ControllerGauges
{
    public ControllerGauges(IMeterFactory meters, RuleSetStore store, AgentRegistry registry, LeaderElectionService leadership, ClusterInventory inventory, TimeProvider time)
    {
        var meter = meters.Create(ControllerMetrics.MeterName);
        meter.CreateObservableGauge("netpol.controller.leader", () => leadership.IsLeader ? 1 : 0, null, "Whether this replica writes status");
        meter.CreateObservableGauge("netpol.controller.rules.revision", () => store.Revision, null, "Batches of changes that were compiled, counted from the start");
        meter.CreateObservableGauge("netpol.controller.policies.isolated", () => store.Isolated.Count, "{policy}", "Policies that allow nothing because compiling them fails");
        meter.CreateObservableGauge(
            "netpol.controller.policies.unreadable", () => inventory.Policies.Count(p => !p.Policy.IsEnforced), "{policy}", "Policies that are not enforced because NetPol fails to read them");
        meter.CreateObservableGauge(
            "netpol.controller.node.policies.isolated", () => registry.Agents.Where(s => s.Isolated.Count > 0).Select(s => new Measurement<int>(s.Isolated.Count, Label("node", s.Node))), "{policy}",
            "Policies that allow nothing on a node because it cannot load them");
        meter.CreateObservableGauge("netpol.controller.compilation.failing", () => store.CompilationError is null ? 0 : 1, null, "Whether the rules are out of date because the cluster cannot be compiled");
        meter.CreateObservableGauge(
            "netpol.controller.budget.exceeded",
            () => store.ExceededBudgets.Select(e => new Measurement<int>(1, Label("namespace", e.Namespace), Label("limit", e.LimitType.ToString()))), "{namespace}",
            "Namespaces that are isolated because their NetworkPolicies cost too much, by the limit that they exceed");
        meter.CreateObservableGauge("netpol.controller.connected.agents", () => registry.Agents.Count, "{agent}", "Agents that are connected to this replica");
        meter.CreateObservableGauge(
            "netpol.controller.agent.pending.changes", () => registry.Agents.Select(s => new Measurement<int>(LagOf(s, store), Label("node", s.Node))), "{change}",
            "Changes of a node's rules that its agent has not programmed yet");
        meter.CreateObservableGauge("netpol.controller.informer.objects", () => Of(inventory, k => k.ObjectCount), "{object}", "Known objects by kind");
        meter.CreateObservableGauge("netpol.controller.informer.pending", () => Of(inventory, k => k.PendingCount), "{object}", "Changed objects that are not compiled yet, by kind");
        meter.CreateObservableGauge("netpol.controller.informer.synced", () => Of(inventory, k => k.IsSynced ? 1 : 0), null, "Whether all objects of the kind are known");
        meter.CreateObservableGauge(
            "netpol.controller.informer.unsupported_version", () => Of(inventory, k => k.UnsupportedVersions.IsEmpty ? 0 : 1), null,
            "Whether the API server serves the kind only in versions that are not read, so that its policies are not enforced");
        meter.CreateObservableGauge(
            "netpol.controller.informer.idle", () => Of(inventory, k => k.LastResponseAt is { } at ? (time.GetUtcNow() - at).TotalSeconds : null), "s",
            "Time since the API server's last message about the kind; it sends one at least every minute or so");
    }

    private static int LagOf(ConnectedAgent state, RuleSetStore store) => state.ProgrammedVersion is { } enforced ? store.Find(state.Node)?.CountChangesAfter(enforced) ?? 0 : 1;

    private static IEnumerable<Measurement<int>> Of(ClusterInventory inventory, Func<ResourceWatchState, int> number) =>
        inventory.Kinds.Select(k => new Measurement<int>(number(k), Label("kind", k.Kind)));

    private static IEnumerable<Measurement<double>> Of(ClusterInventory inventory, Func<ResourceWatchState, double?> number) =>
        inventory.Kinds.Where(k => number(k) is not null).Select(k => new Measurement<double>(number(k)!.Value, Label("kind", k.Kind)));

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}
