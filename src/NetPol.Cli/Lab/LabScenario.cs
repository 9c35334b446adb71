using System.Net;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Cli.Matrix;
using NetPol.Cli.Services;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Lab.Probes;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Lab;

/// <summary>The input of a lab: the cluster, its rules, and the connections to try with their expected verdicts.</summary>
internal sealed record LabScenario(ClusterSnapshot Cluster, ValueArray<NodeRuleSet> RuleSets, ConnectivityMatrix Matrix)
{
    /// <summary>The entries of the matrix to try. Skips a pod's connections to its own address: they never leave the pod, not even through a Service.</summary>
    public IReadOnlyList<MatrixEntry> Entries { get; } = [.. Matrix.Entries.Where(e => e.Connection.Source != e.Connection.Destination)];

    /// <exception cref="CommandException">The files have errors, or there is nothing to try.</exception>
    public static async Task<LabScenario> LoadAsync(LabRequest request, CancellationToken cancel)
    {
        var loaded = request.Manifests.Read(nodes: request.Nodes);
        var cluster = ClusterLoader.Complete(loaded);
        InputRequirements.Require(cluster, "there is nothing to try", withFinished: false);
        var services = await ServiceColumns.ReadAsync(request.Addresses, request.Ports, loaded, cluster, new(request.Manifests, null), cancel);
        (cluster, var ruleSets) = CompileCheck.Compile(cluster, w => PolicyCompiler.Compile(w));
        return new(cluster, ruleSets, ConnectivityMatrix.Create(cluster, ruleSets, request.Ports, request.Addresses, services));
    }
}

/// <summary>Converts a cluster and a matrix to the topology of a lab.</summary>
internal static class LabTopologyBuilder
{
    /// <summary>Returns all nodes and live pods of the cluster, and an outside host for every other address of the matrix.</summary>
    public static LabTopology Build(ClusterSnapshot cluster, ConnectivityMatrix matrix)
    {
        var pods = cluster.Pods.Where(p => p is { Finished: false, Addresses.IsEmpty: false }).ToList();
        var inside = pods.SelectMany(p => p.Addresses).Concat(cluster.Nodes.SelectMany(n => n.Addresses)).ToHashSet();
        return new(
            [.. cluster.Nodes.Select(n => new LabNodeSpec(n.Name, Addresses(n.Addresses)))],
            [.. pods.Select(p => new LabPodSpec(p.Id.ToString(), p.Node!, Addresses(p.Addresses), Ports(p), p.HostNetwork))],
            [.. matrix.Endpoints.Where(e => e.Pod is null).SelectMany(e => e.Addresses).Where(a => !inside.Contains(a) && !matrix.Services.IsService(a)).Select(Address)]);
    }

    /// <summary>Returns a signature of the topology. While it stays the same, a running lab can take new rules and need not be rebuilt.</summary>
    public static string Signature(ClusterSnapshot cluster, ConnectivityMatrix matrix)
    {
        var topology = Build(cluster, matrix);
        return string.Join('\n', topology.Nodes.Select(n => $"{n.Name} {string.Join(',', n.Addresses)}")
            .Concat(topology.Pods.Select(p => $"{p.Id} {p.Node} {string.Join(',', p.Addresses)} {p.HostNetwork}"))
            .Concat(topology.Outside.Select(a => a.ToString())));
    }

    public static Probe ProbeOf(MatrixEntry entry) => new(
        Address(entry.Connection.Source),
        Address(entry.Connection.Destination),
        entry.Connection.Protocol,
        entry.Connection.Port,
        entry.Verdict.Verdict == Verdict.Allow);

    private static List<LabPort> Ports(Pod pod) => [.. pod.Ports.Select(p => new LabPort(p.Protocol, p.Number)).Distinct()];

    private static List<IPAddress> Addresses(ValueArray<IpAddress> addresses) => [.. addresses.Select(Address)];

    private static IPAddress Address(IpAddress address) => new(address.ToBytes());
}
