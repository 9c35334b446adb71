using System.Net;
using NetPol.Cli.Matrices;
using NetPol.Lab;
using NetPol.Lab.Probing;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Cli.Labs;

/// <summary>Says in the lab's words what the world and the matrix say in ours.</summary>
internal static class LabTopologies
{
    /// <summary>All nodes and living pods of the world, and a host for every address of the matrix that is neither's.</summary>
    public static LabTopology Of(ClusterSnapshot world, Matrix matrix)
    {
        var pods = world.Pods.Where(p => p is { Finished: false, Addresses.IsEmpty: false }).ToList();
        var inside = pods.SelectMany(p => p.Addresses).Concat(world.Nodes.SelectMany(n => n.Addresses)).ToHashSet();
        return new(
            [.. world.Nodes.Select(n => new NodeSpec(n.Name, Addresses(n.Addresses)))],
            [.. pods.Select(p => new PodSpec(p.Id.ToString(), p.Node!, Addresses(p.Addresses), Ports(p), p.HostNetwork))],
            [.. matrix.Endpoints.Where(e => e.Pod is null).SelectMany(e => e.Addresses).Where(a => !inside.Contains(a) && !matrix.Services.IsService(a)).Select(Address)]);
    }

    /// <summary>What must be the same for a lab to go on as it is when the files change.</summary>
    public static string Signature(ClusterSnapshot world, Matrix matrix)
    {
        var topology = Of(world, matrix);
        return string.Join('\n', topology.Nodes.Select(n => $"{n.Name} {string.Join(',', n.Addresses)}")
            .Concat(topology.Pods.Select(p => $"{p.Id} {p.Node} {string.Join(',', p.Addresses)} {p.HostNetwork}"))
            .Concat(topology.Outside.Select(a => a.ToString())));
    }

    public static Probe ProbeOf(MatrixEntry entry) => new(
        Address(entry.Connection.Source),
        Address(entry.Connection.Destination),
        ProtocolOf(entry.Connection.Protocol),
        entry.Connection.Port,
        entry.Verdict.Verdict == Verdict.Allow);

    private static List<LabPort> Ports(Pod pod) => [.. pod.Ports.Select(p => new LabPort(ProtocolOf(p.Protocol), p.Number)).Distinct()];

    private static List<IPAddress> Addresses(ValueArray<IpAddress> addresses) => [.. addresses.Select(Address)];

    private static IPAddress Address(IpAddress address) => new(address.ToBytes());

    private static LabProtocol ProtocolOf(Model.Protocol protocol) => protocol switch
    {
        Model.Protocol.Tcp => LabProtocol.Tcp,
        Model.Protocol.Udp => LabProtocol.Udp,
        Model.Protocol.Sctp => LabProtocol.Sctp,
        _ => LabProtocol.Icmp,
    };
}
