using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Testing;

/// <summary>Selectors and networks, matched without the help of the model's own methods.</summary>
internal static class OracleSelectors
{
    /// <summary>Whether the selection's namespaces and labels are those of the pod. Who calls it knows whether the pod counts as a subject or a peer.</summary>
    public static bool Selects(ClusterSnapshot cluster, PodSelection selection, Pod pod)
    {
        var inNamespace = selection.Namespace is { } name
            ? pod.Id.Namespace == name
            : cluster.Namespaces.Any(ns => ns.Name == pod.Id.Namespace && Matches(selection.Namespaces, ns.Labels));
        return inNamespace && Matches(selection.Pods, pod.Labels);
    }

    public static bool Matches(LabelSelector selector, Labels labels) => selector.Requirements.All(requirement =>
    {
        var values = labels.Pairs.Where(pair => pair.Key == requirement.Key).Select(pair => pair.Value).ToList();
        var listed = values.Any(value => requirement.Values.Any(wanted => wanted == value));
        return requirement.Operator switch
        {
            SelectorOperator.In => listed,
            SelectorOperator.NotIn => !listed,
            SelectorOperator.Exists => values.Count > 0,
            SelectorOperator.DoesNotExist => values.Count == 0,
            _ => throw new InvalidOperationException($"selector operator {requirement.Operator}"),
        };
    });

    /// <summary>Whether the first bits of the address, as many as the prefix is long, are those of the network.</summary>
    public static bool Holds(Cidr network, IpAddress address)
    {
        if (network.Network.Family != address.Family)
            return false;
        byte[] wanted = network.Network.ToBytes(), actual = address.ToBytes();
        for (var bit = 0; bit < network.PrefixLength; bit++)
        {
            if (((wanted[bit / 8] ^ actual[bit / 8]) & (0x80 >> (bit % 8))) != 0)
                return false;
        }
        return true;
    }
}
