using System.Text.Json;
using NetPol.Cli.Diff;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model.Net;

namespace NetPol.Cli.Tests.Diff;

/// <summary>Expands the rows of <c>diff -o json</c> to single endpoints, and derives what the page must show for each pair.</summary>
internal sealed class ExpandedChanges
{
    private readonly List<(string Namespace, string Workload, ExpandedEndpoint End)> _pods;
    private readonly List<(NodeAddress Address, ExpandedEndpoint End)> _nodes = [];
    private readonly List<(string Text, ExpandedEndpoint End)> _outside = [];

    public ExpandedChanges(ClusterDiff comparison)
    {
        var ends = HtmlAxisEntry.Create(comparison.Groups, new(comparison.Groups));
        var families = comparison.Groups.SelectMany(g => g.Pods).SelectMany(p => p.Addresses).Select(a => a.Family).ToHashSet();
        _pods = [.. from workload in WorkloadGroup.GroupPods(comparison.Groups)
            let title = $"{workload.Namespace}/{(workload.Pods.Count == 1 ? workload.Pods[0].Pod.Id.Name : workload.Name)}"
            from pod in workload.Pods
            select (workload.Namespace, workload.Name, new ExpandedEndpoint(title, pod.Pod.Id.ToString(), pod.Pod.Node ?? "?"))];
        foreach (var (group, place) in comparison.Groups.Select((group, place) => (group, place)))
        {
            var titles = ends.Where(e => e.Kind != HtmlAxisEntryType.Workload && e.Parts.Any(p => p.Group == place)).ToList();
            _nodes.AddRange(group.Nodes.Where(n => families.Contains(n.Address.Family))
                .Select(n => (n, new ExpandedEndpoint(titles.Single(t => t.Parts[0].Names.Contains(n.Node)).Name, null, n.Node))));
            _outside.AddRange(AddressRangeText.Joined(group.External.Where(r => families.Contains(r.First.Family)))
                .Select(text => (text, new ExpandedEndpoint(titles.Single().Name, null, null))));
        }
    }

    /// <summary>Returns the changes for each row and column that have any.</summary>
    public SortedDictionary<string, string> Squares(JsonElement rows)
    {
        var found = new Dictionary<(string From, string To), HashSet<string>>();
        foreach (var row in rows.EnumerateArray())
        {
            var (change, scope) = (row.GetProperty("change").GetString()!, row.GetProperty("scope").GetString()!);
            var each = row.GetProperty("each").EnumerateArray().Select(e => e.GetString()!).DefaultIfEmpty("").ToList();
            foreach (var home in each)
            {
                var sources = Ends(row.GetProperty("from"), home);
                var destinations = scope == "self" ? sources : Ends(row.GetProperty("to"), home);
                foreach (var pair in sources.SelectMany(from => destinations.Where(to => from.Connects(to, scope)), (from, to) => (from.Title, to.Title)))
                    (found.TryGetValue(pair, out var changes) ? changes : found[pair] = []).Add(change);
            }
        }
        return new(found.ToDictionary(f => $"{f.Key.From} -> {f.Key.To}", f => Word(f.Value)), StringComparer.Ordinal);
    }

    private static string Word(HashSet<string> changes) => (changes.Contains("opened"), changes.Contains("closed")) switch
    {
        (true, true) => "opens and closes",
        (true, false) => "opens",
        (false, true) => "closes",
        _ => "is decided by other policies",
    };

    private List<ExpandedEndpoint> Ends(JsonElement endpointSets, string home)
    {
        var pods = endpointSets.GetProperty("pods");
        return [.. Chosen(_pods, pods, p => IsNamed(p, pods, home)).Select(p => p.End), .. Nodes(endpointSets.GetProperty("nodes")), .. Outside(endpointSets.GetProperty("outside"))];
    }

    private bool IsNamed((string Namespace, string Workload, ExpandedEndpoint End) pod, JsonElement pods, string home)
    {
        bool IsHere(JsonElement space) => (space.GetString() == "." ? home : space.GetString()) == pod.Namespace;
        return pods.GetProperty("namespaces").EnumerateArray().Any(IsHere) || pods.GetProperty("workloads").EnumerateArray().Any(term =>
        {
            var (name, isHere) = (term.GetProperty("name").GetString(), IsHere(term.GetProperty("namespace")));
            var isPod = term.GetProperty("pods").GetInt32() == 1 || !_pods.Exists(p => p.Namespace == pod.Namespace && p.Workload == name);
            return isHere && (isPod ? pod.End.Pod == $"{pod.Namespace}/{name}" : pod.Workload == name);
        });
    }

    private IEnumerable<ExpandedEndpoint> Nodes(JsonElement nodes)
    {
        return Chosen(_nodes, nodes, n => Names(nodes).Any(name => name == n.Address.Node || name == $"{n.Address.Node} ({n.Address.Address})")).Select(n => n.End).Distinct();
    }

    /// <summary>Returns the outside endpoints. One written range may cover several groups.</summary>
    private IEnumerable<ExpandedEndpoint> Outside(JsonElement outside)
    {
        return Chosen(_outside, outside, o => Names(outside).Any(name => Range(name).Contains(Range(o.Text).First))).Select(o => o.End).Distinct();
    }

    private static List<T> Chosen<T>(List<T> all, JsonElement endpointSets, Predicate<T> isNamed) =>
        endpointSets.ValueKind == JsonValueKind.Null ? [] : all.FindAll(one => isNamed(one) != endpointSets.GetProperty("allBut").GetBoolean());

    private static IEnumerable<string> Names(JsonElement endpointSets) => endpointSets.GetProperty("names").EnumerateArray().Select(n => n.GetString()!);

    private static AddressRange Range(string text) => text.Contains('/') ? Cidr.Parse(text).Range
        : text.Split('-') is [var first, var last] ? new(IpAddress.Parse(first), IpAddress.Parse(last))
        : new(IpAddress.Parse(text), IpAddress.Parse(text));
}

/// <summary>One pod, one address of a node, or the addresses of one outside group.</summary>
/// <param name="Title">The title of its row and column.</param>
/// <param name="Pod">The pod's name; null for other endpoints.</param>
/// <param name="Node">The node itself, or the node that runs the pod.</param>
internal sealed record ExpandedEndpoint(string Title, string? Pod, string? Node)
{
    /// <summary>Returns whether a change covers a connection from this endpoint to another one.</summary>
    public bool Connects(ExpandedEndpoint to, string scope) => scope switch
    {
        "self" => this == to,
        "ownNode" => Node == to.Node,
        _ => this != to && (Node is null || to.Node is null || (Pod is not null && to.Pod is not null) || Node != to.Node),
    };
}
