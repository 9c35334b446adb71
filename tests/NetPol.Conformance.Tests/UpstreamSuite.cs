using System.Text.Json;
using System.Text.Json.Nodes;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;

namespace NetPol.Conformance.Tests;

/// <summary>One of upstream's suites: a cluster, and what becomes of connections in each step.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Cluster">The part of the file's name that says which cluster.</param>
/// <param name="Steps">The part of the file's name that says which steps.</param>
/// <param name="Version">The version in which ClusterNetworkPolicies are written; null for that of the file.</param>
internal sealed record UpstreamSuite(string Name, string Cluster, string Steps, string? Version = null)
{
    private const string Group = "policy.networking.k8s.io/";

    public static IReadOnlyList<UpstreamSuite> All { get; } =
    [
        new("v1alpha1", "v1alpha1-release-0.1", "v1alpha1-release-0.1"),
        new("v1alpha2", "v1alpha2-main", "v1alpha2-main"),
        new("v1alpha2-as-v1beta1", "v1alpha2-main", "v1alpha2-main", "v1beta1"),
        new("v1beta1", "v1alpha2-main", "v1beta1-new"),
        new("v1beta1-as-v1alpha2", "v1alpha2-main", "v1beta1-new", "v1alpha2"),
        new("kubernetes", "kubernetes-e2e", "kubernetes-e2e"),
    ];

    /// <summary>The suite of a name.</summary>
    public static UpstreamSuite Named(string name) => All.Single(s => string.Equals(s.Name, name, StringComparison.Ordinal));

    /// <summary>The cluster without policies.</summary>
    public ClusterSnapshot LoadCluster() => Load(Read($"world-{Cluster}.json").AsObject());

    /// <summary>The steps, each with the cluster as it is then.</summary>
    public IEnumerable<Step> Read()
    {
        foreach (var step in Read($"steps-{Steps}.json").AsArray())
        {
            var list = Read($"world-{Cluster}.json").AsObject();
            Relabel(list["items"]!.AsArray(), step!);
            foreach (var policy in step!["objects"]!.AsArray())
                list["items"]!.AsArray().Add(InVersion(policy!.DeepClone()));
            var cluster = Load(list);
            yield return new(
                $"{step["test"]} step {step["step"]}", cluster, [.. step["probes"]!.AsArray().Select(p => Probe(p!, cluster))]);
        }
    }

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(UpstreamData.PathOf(file)))!;

    private static ClusterSnapshot Load(JsonObject list)
    {
        var loaded = ManifestLoader.Load(["-"], new StringReader(list.ToJsonString(new JsonSerializerOptions { WriteIndented = true })));
        Assert.IsFalse(loaded.HasErrors, string.Join('\n', loaded.Diagnostics));
        return loaded.Complete();
    }

    /// <summary>Sets the labels that the step changes.</summary>
    private static void Relabel(JsonArray items, JsonNode step)
    {
        foreach (var (place, labels) in Entries(step["namespaceLabels"]).Concat(Entries(step["changes"]?["ns"])))
        {
            var metadata = Metadata(items, "Namespace", "", place);
            foreach (var (key, value) in labels.AsObject())
                (metadata["labels"] ??= new JsonObject())[key] = value!.DeepClone();
        }
        foreach (var (place, labels) in Entries(step["changes"]?["nsset"]))
            Metadata(items, "Namespace", "", place)["labels"] = labels.DeepClone();
        foreach (var (pod, labels) in Entries(step["changes"]?["pod"]))
            Metadata(items, "Pod", pod.Split('/')[0], pod.Split('/')[1])["labels"] = labels.DeepClone();
    }

    private static IEnumerable<(string Name, JsonNode Value)> Entries(JsonNode? node) =>
        node is JsonObject entries ? entries.Select(e => (e.Key, e.Value!)) : [];

    private static JsonObject Metadata(JsonArray items, string kind, string place, string name) => items
        .Where(i => (string?)i!["kind"] == kind)
        .Select(i => i!["metadata"]!.AsObject())
        .Single(m => (string?)m["name"] == name && ((string?)m["namespace"] ?? "") == place);

    private static ExpectedConnection Probe(JsonNode probe, ClusterSnapshot cluster)
    {
        var (from, to) = (Pod(cluster, (string)probe["from"]!), Pod(cluster, (string)probe["to"]!));
        var protocol = Enum.Parse<NetPol.Model.Net.Protocol>((string)probe["proto"]!, ignoreCase: true);
        var verdict = (string)probe["expect"]! switch
        {
            "allow" => Verdict.Allow,
            "deny" => Verdict.Deny,
            var other => throw new InvalidDataException($"a probe expects {other}"),
        };
        var connection = new Connection(from.Addresses[0], to.Addresses[0], protocol, (ushort)(int)probe["port"]!);
        return new(connection, verdict, !from.HostNetwork && to.HostNetwork && string.Equals(from.Node, to.Node, StringComparison.Ordinal), $"{probe["from"]} -> {probe["to"]}");
    }

    private static Pod Pod(ClusterSnapshot cluster, string id) => cluster.Pods.Single(p => string.Equals(p.Id.ToString(), id, StringComparison.Ordinal));

    private JsonNode InVersion(JsonNode policy)
    {
        if (Version is not null && (string?)policy["kind"] == "ClusterNetworkPolicy")
            policy["apiVersion"] = Group + Version;
        return policy;
    }

    /// <summary>A step of a test.</summary>
    /// <param name="Name">The test, and which step.</param>
    /// <param name="Cluster">The cluster with the policies of the step.</param>
    /// <param name="Connections">What is tried.</param>
    internal sealed record Step(string Name, ClusterSnapshot Cluster, IReadOnlyList<ExpectedConnection> Connections);

    /// <summary>A connection and what upstream expects of it.</summary>
    /// <param name="Connection">The connection.</param>
    /// <param name="Verdict">What is expected.</param>
    /// <param name="IsToOwnNode">Whether a pod connects to the node that runs it.</param>
    /// <param name="Pods">The two pods.</param>
    internal sealed record ExpectedConnection(Connection Connection, Verdict Verdict, bool IsToOwnNode, string Pods);
}
