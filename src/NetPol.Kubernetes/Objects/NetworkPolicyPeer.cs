using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Objects;

/// <summary>An item of <c>from</c> or <c>to</c>.</summary>
internal static class NetworkPolicyPeer
{
    /// <summary>Unknown when anything in it is faulty or of a newer API.</summary>
    public static Peer Read(Field item, string place)
    {
        var faults = item.Report.Faults;
        if (item.Object() is not { } fields)
            return new Peer.Unknown("faulty peer");
        var (pods, namespaces, block) = (fields["podSelector"], fields["namespaceSelector"], fields["ipBlock"]);
        if (fields.IsFromNewerApi())
        {
            var names = string.Join(", ", fields.Unknown());
            item.Refused("unknown-peer", $"{names} is not known here and fails closed: the rule matches nothing", ApiServers.All);
            return new Peer.Unknown(names);
        }
        fields.Close();
        Peer peer = new Peer.Unknown("faulty peer");
        if (pods is null && namespaces is null && block is null)
            item.Error("one-of", "the peer names nobody: write podSelector, namespaceSelector or ipBlock, or leave out the whole list for everyone");
        else if (block is null)
            peer = Pods(pods, namespaces, place);
        else if (pods is null && namespaces is null)
            peer = Network(block.Value) ?? peer;
        else
            item.Error("one-of", "ipBlock stands alone: write the selectors as a peer of their own");
        return item.Report.Faults == faults ? peer : new Peer.Unknown("faulty peer");
    }

    private static Peer.Pods Pods(Field? pods, Field? namespaces, string place)
    {
        var podSelector = pods is { } p ? SelectorReader.Read(p) : LabelSelector.Everything;
        return new(namespaces is { } n
            ? PodSelection.InNamespaces(SelectorReader.Read(n), podSelector)
            : PodSelection.InNamespace(place, podSelector));
    }

    private static Peer.Network? Network(Field block)
    {
        if (block.Object() is not { } fields)
            return null;
        var cidr = fields.Required("cidr", "write a network such as 10.0.0.0/8") is { } field ? Cidr(field) : null;
        var excepted = new List<Cidr>();
        foreach (var item in fields["except"]?.Items() ?? [])
        {
            if (Cidr(item) is not { } except)
                continue;
            if (cidr is { } outer && (!outer.Contains(except) || outer == except))
                item.Error("invalid-except", $"{except} is not a part of {outer}: write a smaller network inside it");
            excepted.Add(except);
        }
        fields.Close();
        return cidr is { } network ? new(network, excepted.ToValueArray()) : null;
    }

    private static Cidr? Cidr(Field field) => CidrReader.Read(field, ApiServers.StrictNetworks);
}
