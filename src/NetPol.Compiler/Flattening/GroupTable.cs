using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Flattening;

/// <summary>Makes each group once, whatever number of nodes its subjects are on.</summary>
internal sealed class GroupTable(FlatteningContext context)
{
    private readonly SequenceTrie _policyLists = new();
    private readonly Dictionary<(int Kind, Direction, Scope), SubjectGroup?> _byKind = [];
    private readonly Dictionary<(int Policies, int Ports, Direction, Scope), SubjectGroup> _groups = [];

    /// <summary>Null when no policy has anything to say.</summary>
    public SubjectGroup? Of(int kind, Direction direction, Scope scope)
    {
        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(_byKind, (kind, direction, scope), out var known);
        if (!known)
            group = Find(context.Index.Endpoints.Kinds[kind], direction, scope);
        return group;
    }

    private SubjectGroup? Find(EndpointKind kind, Direction direction, Scope scope)
    {
        var policies = kind.Policies.Where(p => Counts(context.Index.Policies[p], direction, scope)).ToArray();
        if (policies.Length == 0)
            return null;
        // In ingress a named port is the subject's; subjects that differ in one that a rule asks for are judged differently.
        var asksForNames = direction == Direction.Ingress && policies.Any(p => context.Index.Policies[p].Ingress.Any(r => r.Names.Length > 0));
        var ports = asksForNames ? kind.Ports : SequenceTrie.Root;
        ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _groups, (_policyLists.Of(policies), ports, direction, scope), out var known);
        return known ? group : group = Make([.. policies.Select(p => context.Index.Policies[p])], ports, direction, scope);
    }

    private static bool Counts(FlatPolicy policy, Direction direction, Scope scope) =>
        policy.Speaks(direction) && (scope == Scope.Others || policy.Policy.Tier != Tier.NetworkPolicy);

    private SubjectGroup Make(FlatPolicy[] policies, int ports, Direction direction, Scope scope)
    {
        var portTraits = context.Index.PortSets.Read(ports);
        return new(
            context,
            direction,
            [.. policies.SelectMany(p => p.Rules(direction)).Select(r => Apply(r, portTraits, direction, scope))],
            [.. policies.Where(p => p.Policy.Tier == Tier.NetworkPolicy).Select(p => p.Policy.Id)]);
    }

    private GroupRule Apply(FlatRule rule, int[] subjectPorts, Direction direction, Scope scope)
    {
        if (scope == Scope.OwnNode)
            return new(rule with { Traits = [.. rule.Traits.Where(t => t >= context.Index.FirstAddressTrait)] }, rule.Numbers, []);
        if (direction == Direction.Egress)
            return new(rule, rule.Numbers, rule.Names.Length == 0 ? [] : [.. PortTraits().Where(t => Names(rule, t))]);
        var resolved = subjectPorts.Where(t => Names(rule, t)).Select(t => context.Index.Traits[t].Port!.Value)
            .Select(p => (p.Protocol, PortRange.Single(p.Number)));
        return new(rule, [.. rule.Numbers, .. resolved], []);
    }

    private IEnumerable<int> PortTraits() =>
        Enumerable.Range(context.Index.FirstPortTrait, context.Index.Traits.Length - context.Index.FirstPortTrait);

    private bool Names(FlatRule rule, int trait)
    {
        var port = context.Index.Traits[trait].Port!.Value;
        return rule.Names.Any(n => string.Equals(n.Name, port.Name, StringComparison.Ordinal) && (n.Protocol ?? port.Protocol) == port.Protocol);
    }
}
