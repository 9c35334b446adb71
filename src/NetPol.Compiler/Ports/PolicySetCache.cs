using System.Runtime.InteropServices;
using NetPol.Compiler.Selection;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Ports;

/// <summary>Creates each policy set once for all nodes.</summary>
internal sealed class PolicySetCache(PolicySetContext context)
{
    /// <summary>The maximum number of isolated policies in a decision.</summary>
    private const int MaxIsolated = 64;

    private readonly SequenceTrie _policyLists = new();
    private readonly Dictionary<int, Dictionary<(Direction, PeerRelation), PolicySet?>> _byEndpointClass = [];
    private readonly Dictionary<(int Policies, int Ports, FlowLogging, Direction, PeerRelation), PolicySet> _policySets = [];

    /// <summary>The amount of cached content, in no particular unit.</summary>
    public int Size { get; private set; }

    /// <summary>Returns the policy set of an endpoint class. Null if no policy applies and no flow records of default allows are requested.</summary>
    public PolicySet? GetOrCreate(int endpointClass, Direction direction, PeerRelation scope)
    {
        ref var policySets = ref CollectionsMarshal.GetValueRefOrAddDefault(_byEndpointClass, endpointClass, out _);
        ref var policySet = ref CollectionsMarshal.GetValueRefOrAddDefault(policySets ??= [], (direction, scope), out var known);
        if (!known)
            policySet = FindOrCreate(context.Index.Endpoints.Classes[endpointClass], direction, scope);
        return policySet;
    }

    /// <summary>Invalidates the policy sets of an endpoint class.</summary>
    public void Invalidate(int endpointClass) => _byEndpointClass.Remove(endpointClass);

    private PolicySet? FindOrCreate(EndpointClass endpointClass, Direction direction, PeerRelation scope)
    {
        var policies = WithoutManyIsolated(context.Index.Policies.PoliciesSelecting(endpointClass).Where(p => AppliesTo(context.Index.Policies[p], direction, scope)));
        if (policies.Length == 0 && endpointClass.Logging != FlowLogging.All)
            return null;
        // For ingress, named ports resolve on the subject, so subjects with different named ports have different policy sets.
        var asksForNames = direction == Direction.Ingress && policies.Any(p => context.Index.Policies[p].Ingress.Any(r => r.PortNames.Length > 0));
        var ports = asksForNames ? endpointClass.Ports : SequenceTrie.Root;
        ref var policySet = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _policySets, (_policyLists.GetOrAdd(policies), ports, endpointClass.Logging, direction, scope), out var known);
        if (known)
            return policySet;
        policySet = Create([.. policies.Select(p => context.Index.Policies[p])], ports, endpointClass.Logging, direction, scope);
        Size += policySet.Size;
        return policySet;
    }

    /// <summary>Keeps only the first isolated policies for each combination of audit and logging. More change no verdict, and a decision names them all.</summary>
    private int[] WithoutManyIsolated(IEnumerable<int> policies)
    {
        var kept = new Dictionary<(bool, FlowLogging), int>();
        return [.. policies.Where(p => !context.Index.Policies[p].IsIsolated || IsKept(context.Index.Policies[p].Policy))];

        bool IsKept(Policy policy) => ++CollectionsMarshal.GetValueRefOrAddDefault(kept, (policy.IsAudited, policy.Logging), out _) <= MaxIsolated;
    }

    private static bool AppliesTo(NormalizedPolicy policy, Direction direction, PeerRelation scope) =>
        policy.Applies(direction) && (scope == PeerRelation.Other || policy.Policy.Tier != Tier.NetworkPolicy);

    private PolicySet Create(NormalizedPolicy[] policies, int ports, FlowLogging logging, Direction direction, PeerRelation scope)
    {
        var portMatchers = context.Index.NamedPorts.Sets.Read(ports);
        return new(
            context,
            direction,
            [.. policies.SelectMany(p => p.Rules(direction)).Select(r => ResolvePorts(r, portMatchers, direction, scope))],
            [.. policies.Select(p => p.Policy)],
            logging);
    }

    private PolicySetRule ResolvePorts(NormalizedRule rule, int[] subjectPorts, Direction direction, PeerRelation scope)
    {
        if (scope == PeerRelation.OwnNode)
            return new(rule with { Matchers = [.. rule.Matchers.Where(t => context.Index.Matchers[t].Addresses is not null)] }, rule.PortNumbers, []);
        if (direction == Direction.Egress)
            return new(rule, rule.PortNumbers, rule.PortNames.Length == 0 ? [] : [.. context.Index.NamedPorts.Matchers.Where(t => MatchesName(rule, t))]);
        var resolved = subjectPorts.Where(t => MatchesName(rule, t)).Select(t => context.Index.Matchers[t].Port!.Value)
            .Select(p => (p.Protocol, PortRange.Single(p.Number)));
        return new(rule, [.. rule.PortNumbers, .. resolved], []);
    }

    private bool MatchesName(NormalizedRule rule, int matcher)
    {
        var port = context.Index.Matchers[matcher].Port!.Value;
        return rule.PortNames.Any(n => string.Equals(n.Name, port.Name, StringComparison.Ordinal) && (n.Protocol ?? port.Protocol) == port.Protocol);
    }
}

/// <summary>The context that all policy sets share.</summary>
internal sealed class PolicySetContext(ClusterIndex index, SequenceTrie identities, PortPolicyTable verdicts)
{
    public ClusterIndex Index { get; } = index;

    /// <summary>Numbers sets of matchers of pods, addresses and ports.</summary>
    public SequenceTrie Identities { get; } = identities;

    public PortPolicyTable PortPolicies { get; } = verdicts;

    /// <summary>Scratch state of the policy set that is being flattened, like the lists below.</summary>
    public PortRangeFlattener Flattener { get; } = new();

    public List<int> Matching { get; } = [];

    public List<int> PeerMatchers { get; } = [];

    public List<(Protocol Protocol, PortRange Range)> Ranges { get; } = [];
}

/// <summary>The relation of the peer to the subject, which determines the policies that apply.</summary>
internal enum PeerRelation
{
    /// <summary>Any other peer: all tiers.</summary>
    Other,

    /// <summary>The subject itself: not the NetworkPolicy tier.</summary>
    Self,

    /// <summary>The subject's own node: not the NetworkPolicy tier, and only rules with addresses or every peer.</summary>
    OwnNode,
}
