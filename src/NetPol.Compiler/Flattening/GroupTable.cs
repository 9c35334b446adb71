using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Flattening;

/// <summary>Creates each policy set once for all nodes.</summary>
internal sealed class GroupTable(FlatteningContext context)
{
    /// <summary>The maximum number of isolated policies in a decision.</summary>
    private const int MostIsolated = 64;

    private readonly SequenceTrie _policyLists = new();
    private readonly Dictionary<int, Dictionary<(Direction, Scope), SubjectGroup?>> _byKind = [];
    private readonly Dictionary<(int Policies, int Ports, FlowLogging, Direction, Scope), SubjectGroup> _groups = [];

    /// <summary>The amount of cached content, in no particular unit.</summary>
    public int Size { get; private set; }

    /// <summary>Returns the policy set of an endpoint class. Null if no policy applies and no flow records of default allows are requested.</summary>
    public SubjectGroup? Of(int kind, Direction direction, Scope scope)
    {
        ref var groups = ref CollectionsMarshal.GetValueRefOrAddDefault(_byKind, kind, out _);
        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups ??= [], (direction, scope), out var known);
        if (!known)
            group = Find(context.Index.Endpoints.Kinds[kind], direction, scope);
        return group;
    }

    /// <summary>Invalidates the policy sets of an endpoint class.</summary>
    public void Forget(int kind) => _byKind.Remove(kind);

    private SubjectGroup? Find(EndpointKind kind, Direction direction, Scope scope)
    {
        var policies = WithoutManyIsolated(context.Index.Policies.Selecting(kind).Where(p => Counts(context.Index.Policies[p], direction, scope)));
        if (policies.Length == 0 && kind.Logging != FlowLogging.All)
            return null;
        // For ingress, named ports resolve on the subject, so subjects with different named ports have different policy sets.
        var asksForNames = direction == Direction.Ingress && policies.Any(p => context.Index.Policies[p].Ingress.Any(r => r.Names.Length > 0));
        var ports = asksForNames ? kind.Ports : SequenceTrie.Root;
        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _groups, (_policyLists.Of(policies), ports, kind.Logging, direction, scope), out var known);
        if (known)
            return group;
        group = Make([.. policies.Select(p => context.Index.Policies[p])], ports, kind.Logging, direction, scope);
        Size += group.Size;
        return group;
    }

    /// <summary>Keeps only the first isolated policies for each combination of audit and logging. More change no verdict, and a decision names them all.</summary>
    private int[] WithoutManyIsolated(IEnumerable<int> policies)
    {
        var kept = new Dictionary<(bool, FlowLogging), int>();
        return [.. policies.Where(p => !context.Index.Policies[p].IsIsolated || IsKept(context.Index.Policies[p].Policy))];

        bool IsKept(Policy policy) => ++CollectionsMarshal.GetValueRefOrAddDefault(kept, (policy.IsAudited, policy.Logging), out _) <= MostIsolated;
    }

    private static bool Counts(FlatPolicy policy, Direction direction, Scope scope) =>
        policy.Speaks(direction) && (scope == Scope.Others || policy.Policy.Tier != Tier.NetworkPolicy);

    private SubjectGroup Make(FlatPolicy[] policies, int ports, FlowLogging logging, Direction direction, Scope scope)
    {
        var portTraits = context.Index.Ports.Sets.Read(ports);
        return new(
            context,
            direction,
            [.. policies.SelectMany(p => p.Rules(direction)).Select(r => Apply(r, portTraits, direction, scope))],
            [.. policies.Select(p => p.Policy)],
            logging);
    }

    private GroupRule Apply(FlatRule rule, int[] subjectPorts, Direction direction, Scope scope)
    {
        if (scope == Scope.OwnNode)
            return new(rule with { Traits = [.. rule.Traits.Where(t => context.Index.Traits[t].Addresses is not null)] }, rule.Numbers, []);
        if (direction == Direction.Egress)
            return new(rule, rule.Numbers, rule.Names.Length == 0 ? [] : [.. context.Index.Ports.Traits.Where(t => Names(rule, t))]);
        var resolved = subjectPorts.Where(t => Names(rule, t)).Select(t => context.Index.Traits[t].Port!.Value)
            .Select(p => (p.Protocol, PortRange.Single(p.Number)));
        return new(rule, [.. rule.Numbers, .. resolved], []);
    }

    private bool Names(FlatRule rule, int trait)
    {
        var port = context.Index.Traits[trait].Port!.Value;
        return rule.Names.Any(n => string.Equals(n.Name, port.Name, StringComparison.Ordinal) && (n.Protocol ?? port.Protocol) == port.Protocol);
    }
}
