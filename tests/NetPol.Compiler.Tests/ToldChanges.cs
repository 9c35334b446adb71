using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>A comparison, asked for single connections.</summary>
internal sealed class ToldChanges
{
    private readonly ClusterComparison _told;
    private readonly ILookup<(ChangeKind, Counterpart, int From, int To), ConnectionChange> _changes;

    public ToldChanges(ClusterComparison told)
    {
        _told = told;
        _changes = told.Changes.SelectMany(c => from f in c.From from t in c.To.IsEmpty ? [f] : c.To.ToArray() select (Key: (c.Kind, c.Counterpart, f, t), Change: c))
            .ToLookup(c => c.Key, c => c.Change);
    }

    /// <summary>Null when exactly the changes are told that the oracle's verdicts make, else what is told wrongly.</summary>
    public string? Differ(ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service, ConnectionVerdict before, ConnectionVerdict after)
    {
        foreach (var kind in Enum.GetValues<ChangeKind>())
        {
            var meant = kind switch
            {
                ChangeKind.Opened => before.Verdict == Verdict.Deny && after.Verdict == Verdict.Allow,
                ChangeKind.Closed => before.Verdict == Verdict.Allow && after.Verdict == Verdict.Deny,
                _ => before.Verdict == after.Verdict && before != after,
            };
            var told = Changes(kind, from, to, service).ToList();
            if (told.Count != (meant ? 1 : 0))
                return $"{from} -> {to} {service}: {kind} is {(meant ? "" : "not ")}meant and told {told.Count} times; before {before}, after {after}";
            if (meant && !IsTold(told[0].After, after))
                return $"{from} -> {to} {service}: {kind} by {string.Join(", ", told[0].After)}, but it is decided by {after}";
        }
        return null;
    }

    /// <summary>Whoever denies, or any policy that allows, is among those told.</summary>
    private static bool IsTold(ValueArray<Decision> told, ConnectionVerdict verdict) => new[] { verdict.Egress, verdict.Ingress }
        .Where(d => d.Verdict == verdict.Verdict && (d.Verdict == Verdict.Deny || d.Policy is not null)).All(told.Contains);

    private IEnumerable<ConnectionChange> Changes(ChangeKind kind, ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service)
    {
        var counterpart = from == to ? Counterpart.Itself : ComparedEnd.AreOfOneNode(from, to) ? Counterpart.OwnNode : Counterpart.Others;
        return _changes[(kind, counterpart, Place(from), Place(to))].Where(c => (c.Family is null || c.Family == from.New.Family) && c.Ports.Contains(service.Protocol, service.Port));
    }

    private int Place(ComparedEnd end)
    {
        for (var place = 0; place < _told.Groups.Count; place++)
        {
            var group = _told.Groups[place];
            if (end.Pod is { } pod ? group.Pods.Contains(pod) : end.Node is { } node ? group.Nodes.Contains(new(node, end.New)) : group.Outside.Any(r => r.Contains(end.New)))
                return place;
        }
        throw new InvalidOperationException($"{end} is in no group");
    }
}
