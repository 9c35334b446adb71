using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;

namespace NetPol.Compiler.Tests.Analysis.Diff;

/// <summary>The reported changes of a comparison, by connection.</summary>
internal sealed class ReportedChanges
{
    private readonly ClusterDiff _diff;
    private readonly ILookup<(ConnectionChangeType, DestinationScope, int From, int To), ConnectionChange> _changes;

    public ReportedChanges(ClusterDiff diff)
    {
        _diff = diff;
        _changes = diff.Changes.SelectMany(c => from f in c.From from t in c.To.IsEmpty ? [f] : c.To.ToArray() select (Key: (c.Type, c.Destination, f, t), Change: c))
            .ToLookup(c => c.Key, c => c.Change);
    }

    /// <summary>Returns null if the reported changes equal those of the oracle's verdicts, otherwise the first difference.</summary>
    public string? Differ(ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service, ConnectionVerdict before, ConnectionVerdict after)
    {
        foreach (var kind in Enum.GetValues<ConnectionChangeType>())
        {
            var expected = kind switch
            {
                ConnectionChangeType.Opened => before.Verdict == Verdict.Deny && after.Verdict == Verdict.Allow,
                ConnectionChangeType.Closed => before.Verdict == Verdict.Allow && after.Verdict == Verdict.Deny,
                _ => before.Verdict == after.Verdict && before != after,
            };
            var reported = Changes(kind, from, to, service).ToList();
            if (reported.Count != (expected ? 1 : 0))
                return $"{from} -> {to} {service}: {kind} is {(expected ? "" : "not ")}expected and reported {reported.Count} times; before {before}, after {after}";
            if (expected && !IsReported(reported[0].After, after))
                return $"{from} -> {to} {service}: {kind} by {string.Join(", ", reported[0].After)}, but it is decided by {after}";
        }
        return null;
    }

    /// <summary>Whether the reported decisions contain each decision with this verdict, except allows by default.</summary>
    private static bool IsReported(ValueArray<Decision> reported, ConnectionVerdict verdict) => new[] { verdict.Egress, verdict.Ingress }
        .Where(d => d.Verdict == verdict.Verdict && (d.Verdict == Verdict.Deny || d.Policy is not null)).All(reported.Contains);

    private IEnumerable<ConnectionChange> Changes(ConnectionChangeType kind, ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service)
    {
        var scope = from == to ? DestinationScope.Self : ComparedEnd.AreOfOneNode(from, to) ? DestinationScope.OwnNode : DestinationScope.Other;
        return _changes[(kind, scope, Place(from), Place(to))].Where(c => (c.Family is null || c.Family == from.New.Family) && c.Ports.Contains(service.Protocol, service.Port));
    }

    private int Place(ComparedEnd end)
    {
        for (var place = 0; place < _diff.Groups.Count; place++)
        {
            var group = _diff.Groups[place];
            if (end.Pod is { } pod ? group.Pods.Contains(pod) : end.Node is { } node ? group.Nodes.Contains(new(node, end.New)) : group.External.Any(r => r.Contains(end.New)))
                return place;
        }
        throw new InvalidOperationException($"{end} is in no group");
    }
}
