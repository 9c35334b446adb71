using System.Runtime.InteropServices;
using NetPol.Compiler.Flattening;
using NetPol.Compiler.Reaching;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Comparing;

/// <summary>Compares what the policies of two clusters decide, on every port and for every address. Pure.</summary>
public static class ClusterComparer
{
    /// <param name="before">The old cluster.</param>
    /// <param name="after">The new one; a pod is the same when it has the same id, and so is a node.</param>
    /// <param name="deciders">Whether to tell too where the verdict stays and others make it.</param>
    /// <param name="progress">Is told from time to time which share is done, from 0 to 1.</param>
    public static ClusterComparison Compare(ClusterSnapshot before, ClusterSnapshot after, bool deciders = false, Action<double>? progress = null)
    {
        var verdicts = new VerdictTable();
        PolicyWorld old = new(before, verdicts), now = new(after, verdicts);
        var groups = new GroupBuilder(old, now);
        groups.Build();
        old.Judge();
        now.Judge();
        var outcomes = new OutcomeTable(verdicts, deciders);
        var relations = new Dictionary<RelationKey, Relation>();
        new PairComparer(old, now, groups, outcomes, Add).Run(progress);
        var then = before.Pods.ToDictionary(p => p.Id);
        return new(
            groups.Groups.Select(g => g.ToGroup()).ToValueArray(),
            Changes(relations, groups, outcomes),
            Missing(after, before),
            Missing(before, after),
            after.Pods.Where(p => then.TryGetValue(p.Id, out var pod) && !string.Equals(pod.Node, p.Node, StringComparison.Ordinal)).Select(p => p.Id).ToValueArray(),
            after.Nodes.Select(n => n.Name).Except(before.Nodes.Select(n => n.Name), StringComparer.Ordinal).ToValueArray(),
            before.Nodes.Select(n => n.Name).Except(after.Nodes.Select(n => n.Name), StringComparer.Ordinal).ToValueArray());

        void Add(RelationKey key, int source, int destination, JudgedPair pair)
        {
            ref var relation = ref CollectionsMarshal.GetValueRefOrAddDefault(relations, key, out _);
            (relation ??= new()).Add(source, destination, pair);
        }
    }

    /// <summary>The pods of one cluster that policies see there and not in the other one.</summary>
    private static ValueArray<PodId> Missing(ClusterSnapshot there, ClusterSnapshot here)
    {
        var known = here.Pods.Where(IsSeen).Select(p => p.Id).ToHashSet();
        return there.Pods.Where(p => IsSeen(p) && !known.Contains(p.Id)).Select(p => p.Id).ToValueArray();
    }

    private static bool IsSeen(Pod pod) => pod.IsSelectable && !pod.Addresses.IsEmpty;

    private static ValueArray<ConnectionChange> Changes(Dictionary<RelationKey, Relation> relations, GroupBuilder groups, OutcomeTable outcomes) => relations
        .SelectMany(r => r.Value.Rectangles()
            .Select(rectangle => r.Key.Counterpart == Counterpart.Others ? groups.WithConnections(rectangle) : rectangle).OfType<Rectangle>()
            .Select(rectangle => Change(r.Key, rectangle, outcomes)))
        .OrderBy(c => c.Kind).ThenBy(c => c.Counterpart)
        .ThenByDescending(c => (long)c.From.Count * Math.Max(1, c.To.Count))
        .ThenBy(c => c.From[0]).ThenBy(c => c.To.IsEmpty ? 0 : c.To[0]).ThenBy(c => c.Family).ThenBy(c => c.Ports.ToString(), StringComparer.Ordinal)
        .ToValueArray();

    private static ConnectionChange Change(RelationKey key, Rectangle rectangle, OutcomeTable outcomes)
    {
        var (before, after) = outcomes.Deciders(rectangle.Sides, key.Kind, key.Ports);
        return new(
            key.Kind, key.Counterpart, key.Family, rectangle.From, key.Counterpart == Counterpart.Itself ? [] : rectangle.To,
            outcomes.Ports[key.Ports], Sorted(before), Sorted(after));
    }

    private static ValueArray<Decision> Sorted(HashSet<Decision> decisions) => decisions
        .OrderBy(d => d.Tier).ThenBy(d => d.Policy).ThenBy(d => d.Direction).ThenBy(d => d.RuleIndex).ThenBy(d => d.Id).ToValueArray();
}
