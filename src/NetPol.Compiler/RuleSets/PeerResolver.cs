using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;
using NetPol.Model.Net;

namespace NetPol.Compiler.RuleSets;

/// <summary>Resolves peers to identities for the policy sets of one enforcement point, and decides which must be listed. Reused for each enforcement point.</summary>
internal sealed class PeerResolver
{
    /// <summary>An address that is not listed: the identity of its network, or the default, applies.</summary>
    public const int Unlisted = -1;

    private readonly ClusterIndex _index;
    private readonly SequenceTrie _identities;
    private readonly MatcherUsage _use;
    private readonly PeerIdentityResolver _peers;
    private readonly PolicyEntryRows _rows;
    private readonly Dictionary<(int EndpointClass, int Network), int> _inNetwork = [];
    private (int Round, int Entry)[] _outside = [];
    private PolicySet?[] _policySets = [];
    private int _round;

    public PeerResolver(ClusterIndex index, SequenceTrie identities)
    {
        (_index, _identities) = (index, identities);
        _use = new(index.Matchers);
        _peers = new(index, identities, _use);
        _rows = new(identities, _use);
    }

    /// <summary>The matchers that any policy set uses, ascending.</summary>
    public List<int> Matchers => _use.Used;

    /// <param name="policySets">The policy sets by number. Null for a free number.</param>
    public void Reset(PolicySet?[] policySets)
    {
        _policySets = policySets;
        _use.Reset(policySets);
        _rows.Reset(policySets);
        _peers.Reset();
        _inNetwork.Clear();
        _round++;
        if (_outside.Length < _index.Endpoints.Classes.Count)
            Array.Resize(ref _outside, _index.Endpoints.Classes.Count * 2);
    }

    /// <summary>Partitions the networks of the policy sets into disjoint ordered ranges with their identities.</summary>
    /// <param name="ownNode">The node, for connections to it: a matcher that covers the node contains every address. Otherwise null.</param>
    public List<(AddressRange Range, int Identity)> PartitionNetworks(LocalNode? ownNode)
    {
        var partitioner = new CidrPartitioner(_index.Matchers, _identities);
        foreach (var policySet in _policySets)
        {
            foreach (var rule in policySet?.Rules ?? [])
                partitioner.Add(rule);
        }
        return partitioner.Partition(
            t => ownNode is not null && _index.Matchers[t].MatchesOwnNode(ownNode.Labels) ? PeerRanges.Everything : _index.RangesByMatcher[t]);
    }

    /// <summary>Returns the identity of an address of the endpoint class in a network of the given identity.</summary>
    public int IdentityOf(int endpointClass, int network) => _peers.GetIdentity(endpointClass, network);

    /// <summary>Returns the policy entries of an identity, ascending by policy set. Valid until the next call.</summary>
    public ReadOnlySpan<(int PolicySet, int PortPolicy)> EntriesFor(int peerIdentity) => _rows.GetRow(peerIdentity);

    /// <summary>Whether any policy set has a policy entry for the identity.</summary>
    public bool HasPolicyEntries(int peerIdentity) => !_rows.HaveSameRow(peerIdentity, SequenceTrie.Root);

    /// <summary>Returns the identity under which an address of the endpoint class is listed, or <see cref="Unlisted"/>.</summary>
    public int ListedIdentity(int endpointClass, int network)
    {
        if (endpointClass == EndpointTable.None)
            return Unlisted;
        if (network == SequenceTrie.Root)
        {
            ref var outside = ref _outside[endpointClass];
            if (outside.Round != _round)
                outside = (_round, FindListedIdentity(endpointClass, network));
            return outside.Entry;
        }
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_inNetwork, (endpointClass, network), out var known);
        return known ? entry : entry = FindListedIdentity(endpointClass, network);
    }

    private int FindListedIdentity(int endpointClass, int network)
    {
        var peerIdentity = _peers.GetIdentity(endpointClass, network);
        return peerIdentity == network || _rows.HaveSameRow(peerIdentity, network) ? Unlisted : peerIdentity;
    }
}

/// <summary>
/// Finds the identity of a pod's address at one enforcement point: its used matchers. A named port counts only together with a matcher that some rule
/// combines it with, so that identities are not split needlessly. Reused for each enforcement point.
/// </summary>
internal sealed class PeerIdentityResolver(ClusterIndex index, SequenceTrie identities, MatcherUsage use)
{
    private readonly Dictionary<(int Identity, int Ports), int> _withPorts = [];
    private readonly List<int> _scratch = [];

    /// <summary>Resets the cache for other used matchers.</summary>
    public void Reset() => _withPorts.Clear();

    /// <summary>Returns the identity of an address of the endpoint class, or of no live pod, in a network of the given identity. The root means no network.</summary>
    public int GetIdentity(int endpointClass, int network)
    {
        if (endpointClass == EndpointTable.None)
            return network;
        var (matchers, ports, _) = index.Endpoints.Classes[endpointClass];
        var found = SequenceTrie.Root;
        foreach (var matcher in matchers)
        {
            if (use.IsUsed(matcher))
                found = identities.Next(found, matcher);
        }
        return AddPorts(identities.Append(found, network), ports);
    }

    private int AddPorts(int peerIdentity, int portSet)
    {
        if (portSet == SequenceTrie.Root || !use.UsesPorts)
            return peerIdentity;
        if (!_withPorts.TryGetValue((peerIdentity, portSet), out var found))
        {
            found = peerIdentity;
            identities.Read(peerIdentity, _scratch);
            foreach (var port in index.NamedPorts.Sets.Read(portSet))
            {
                if (use.IsPortUsed(port, _scratch))
                    found = identities.Next(found, port);
            }
            _withPorts[(peerIdentity, portSet)] = found;
        }
        return found;
    }
}
