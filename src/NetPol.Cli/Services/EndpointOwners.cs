using NetPol.Cli.Matrices;
using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Services;

/// <summary>Says whose the addresses behind a Service are.</summary>
internal sealed class EndpointOwners
{
    private readonly Dictionary<PodId, Pod> _pods;
    private readonly Dictionary<IpAddress, Pod> _byAddress = [];
    private readonly HashSet<PodId> _unplaced;

    /// <param name="written">The world as it was written.</param>
    /// <param name="world">The same, complete.</param>
    public EndpointOwners(ClusterSnapshot written, ClusterSnapshot world)
    {
        _pods = world.Pods.Where(p => !p.Finished).ToDictionary(p => p.Id);
        _unplaced = written.Pods.Where(p => p.Addresses.IsEmpty && !p.Finished).Select(p => p.Id).ToHashSet();
        foreach (var pod in world.Pods.Where(p => p.IsSelectable))
        {
            foreach (var address in pod.Addresses)
                _byAddress.TryAdd(address, pod);
        }
    }

    /// <summary>
    /// The pod that is named, if the address is its own, or nobody wrote its addresses; else the pod that has the address; else the bare address.
    /// </summary>
    public Endpoint Find(ServiceEndpoints part, ServiceEndpoint endpoint)
    {
        var owner = _byAddress.GetValueOrDefault(endpoint.Address);
        if (endpoint.Pod is { } id)
        {
            var named = _pods.GetValueOrDefault(id);
            if (named is not null && named.Addresses.Contains(endpoint.Address))
                return Of(named, endpoint.Address);
            if (named is not null && _unplaced.Contains(id) && (owner is null || _unplaced.Contains(owner.Id)))
                return Endpoint.Of(named);
            Console.Error.WriteLine($"note: {part} says that {endpoint.Address} is the pod {id}, {(named is null ? "which is not there" : $"which has {string.Join(", ", named.Addresses)}")}: the address counts");
        }
        return owner is null ? Endpoint.Of(endpoint.Address) : Of(owner, endpoint.Address);
    }

    private static Endpoint Of(Pod pod, IpAddress address) => Endpoint.Of(pod) with { Addresses = [address] };
}
