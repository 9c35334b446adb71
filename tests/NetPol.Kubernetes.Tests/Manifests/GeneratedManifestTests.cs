using System.Text;
using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Watch;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.Generation;

namespace NetPol.Kubernetes.Tests.Manifests;

/// <summary>
/// The clusters of the differential tests, written as objects of the API and read by the readers of files and informers, are the same clusters. So these tests hold for
/// objects, too.
/// </summary>
[TestClass, TestCategory("Unit")]
public sealed class GeneratedManifestTests
{
    private const int Samples = 400;

    [TestMethod]
    [DataRow("v1beta1")]
    [DataRow("v1alpha2")]
    public void Objects_of_a_watch_are_read_as_the_cluster_that_they_describe(string version)
    {
        var writer = new ManifestWriter(version);
        Generators.Clusters.ForAll(Samples, cluster =>
        {
            var policies = cluster.Policies.Where(ManifestWriter.CanExpress).ToList();
            var read = ClusterSnapshot.Create(
                cluster.Namespaces.Select(n => Read(ResourceTypes.Namespaces, ManifestWriter.Write(n))),
                cluster.Pods.Select(p => Read(ResourceTypes.Pods, ManifestWriter.Write(p)).Pod),
                cluster.Nodes.Select(n => Read(ResourceTypes.Nodes, ManifestWriter.Write(n))),
                policies.Select(p => Plain(ReadPolicy(writer.Write(p)))));
            Assert.AreEqual(Expected(cluster, policies), read);
        });
    }

    [TestMethod]
    [DataRow("v1beta1", false)]
    [DataRow("v1alpha2", true)]
    public void Policies_of_files_are_those_of_a_watch(string version, bool isYaml)
    {
        var writer = new ManifestWriter(version);
        Generators.Clusters.ForAll(Samples, cluster =>
        {
            var policies = cluster.Policies.Where(ManifestWriter.CanExpress).ToList();
            var text = string.Join("\n---\n", policies.Select(p => writer.Write(p).ToJsonString()));
            var loaded = ManifestLoader.Load(["-"], new StringReader(isYaml ? $"# YAML\n{text}" : text.Replace("---", "", StringComparison.Ordinal)));
            Assert.AreEqual(ClusterSnapshot.Create([], [], [], policies.Select(Plain)).Policies, loaded.Snapshot.Policies.Select(Plain).ToValueArray());
        });
    }

    [TestMethod]
    public void Services_are_read_with_their_addresses_ports_and_selectors() => Generators.ClustersWithServices.ForAll(Samples, sample =>
    {
        var text = string.Concat(sample.Services.Select(s => ManifestWriter.Write(s).ToJsonString()));
        var loaded = ManifestLoader.Load(["-"], new StringReader(text));
        Assert.AreEqual(sample.Services.Select(Expected).ToValueArray(), loaded.Services);
    });

    [TestMethod]
    public void Unknown_field_of_a_rule_closes_that_rule_and_one_of_spec_closes_nothing()
    {
        var writer = new ManifestWriter("v1beta1");
        var closed = 0;
        Generators.Clusters.ForAll(Samples, cluster =>
        {
            foreach (var policy in cluster.Policies.Where(ManifestWriter.CanExpress))
            {
                var written = writer.Write(policy);
                written["spec"]!["newer"] = true;
                Assert.AreEqual(Plain(policy), Plain(ReadPolicy(written)));
                if (policy.Ingress is not [var first, ..])
                    continue;
                written["spec"]!["ingress"]![0]!["newer"] = true;
                var read = ReadPolicy(written).Ingress!.Value;
                Assert.IsTrue(read[0].Peers.Any(p => p is Peer.Unknown), $"{policy.Id}: the rule must not apply as if the field were not there");
                Assert.AreEqual(policy.Id.Kind == PolicyKind.NetworkPolicy ? RuleAction.Allow : first.Action, read[0].Action);
                Assert.AreEqual(Plain(policy).Ingress!.Value.Skip(1).ToValueArray(), Plain(policy with { Ingress = read }).Ingress!.Value.Skip(1).ToValueArray());
                Interlocked.Increment(ref closed);
            }
        });
        Assert.IsGreaterThan(100, closed);
    }

    [TestMethod]
    public void Null_value_of_a_label_is_an_empty_one() => Generators.Clusters.ForAll(Samples, cluster =>
    {
        foreach (var pod in cluster.Pods)
        {
            var written = ManifestWriter.Write(pod);
            var labels = written["metadata"]!["labels"] ?? (written["metadata"]!["labels"] = new JsonObject());
            labels["extra"] = null;
            Assert.AreEqual(pod.Labels.With("extra", ""), Read(ResourceTypes.Pods, written).Pod.Labels);
        }
    });

    [TestMethod]
    public void Samples_have_every_form_that_the_readers_distinguish()
    {
        var clusters = Generators.Clusters.Draw(Samples).ToList();
        var policies = clusters.SelectMany(c => (IEnumerable<Policy>)c.Policies).ToList();
        var pods = clusters.SelectMany(c => (IEnumerable<Pod>)c.Pods).ToList();
        Assert.IsGreaterThan(policies.Count * 3 / 4, policies.Count(ManifestWriter.CanExpress));
        foreach (var kind in Enum.GetValues<PolicyKind>())
            Assert.IsTrue(policies.Exists(p => p.Id.Kind == kind), kind.Name());
        Assert.IsTrue(policies.Exists(p => p is { Id.Kind: PolicyKind.ClusterNetworkPolicy } && p.Subject.Namespaces.Requirements.IsEmpty && !p.Subject.Pods.Requirements.IsEmpty), "no namespaceSelector");
        Assert.IsTrue(clusters.Exists(c => c.Policies.Where(p => p.Tier == Tier.Admin).GroupBy(p => (p.Id.Kind, p.Priority)).Any(g => g.Count() > 1)), "equal priorities");
        Assert.IsTrue(pods.Exists(p => p.HostNetwork), "a pod in the host's network");
        Assert.IsTrue(pods.Exists(p => p.Finished), "a finished pod");
        Assert.IsTrue(clusters.Exists(c => c.Pods.Any(p => p.Node is { } node && !c.Nodes.Any(n => string.Equals(n.Name, node, StringComparison.Ordinal)))), "a node without an object");
        Assert.IsTrue(clusters.Exists(c => c.Pods.Any(p => !c.Namespaces.Any(n => string.Equals(n.Name, p.Id.Namespace, StringComparison.Ordinal)))), "a namespace without an object");
    }

    private static ClusterSnapshot Expected(ClusterSnapshot cluster, IEnumerable<Policy> policies) => ClusterSnapshot.Create(
        cluster.Namespaces,
        cluster.Pods.Select(p => p with { GrantedSources = [], Ports = p.Ports.Distinct().ToValueArray() }),
        cluster.Nodes.Select(n => n with { ReportedAddresses = [] }),
        policies.Select(Plain));

    private static Service Expected(GeneratedService service) => new(
        $"{service.Namespace}/{service.Name}",
        service.Namespace,
        LabelSelector.Create(service.Selector.Pairs.Select(p => new SelectorRequirement(p.Key, SelectorOperator.In, [p.Value]))),
        service.ClusterIps,
        IsHeadless: false,
        ExternalName: null,
        service.Ports.Select(p => new ServicePort(p.Name, p.Protocol, p.Number, p.TargetName is null ? p.Target ?? p.Number : (ushort)0, p.TargetName) { NodePort = p.NodePort }).ToValueArray(),
        [])
    {
        ExternalAddresses = service.ExternalIps.Concat(service.LoadBalancerIps).ToValueArray(),
        IsExternal = !service.LoadBalancerIps.IsEmpty || service.Ports.Any(p => p.NodePort is not null),
        IsExternalTrafficLocal = service.IsLocal,
    };

    /// <summary>The policy with one text for everything unknown. Of forms with one meaning it has the one that the readers choose.</summary>
    private static Policy Plain(Policy policy) => policy with
    {
        Ingress = Plain(policy.Ingress, isAdminEgress: false),
        Egress = Plain(policy.Egress, isAdminEgress: policy.Id.Kind != PolicyKind.NetworkPolicy),
    };

    private static ValueArray<Rule>? Plain(ValueArray<Rule>? rules, bool isAdminEgress) => rules is { } some ? some.Select(r => Plain(r, isAdminEgress)).ToValueArray() : null;

    private static Rule Plain(Rule rule, bool isAdminEgress)
    {
        var peers = rule.Peers.Select(p => p is Peer.Unknown || (p is Peer.Network { Except: var except } network && except.Contains(network.Cidr)) ? new Peer.Unknown("") : p).ToValueArray();
        ValueArray<PortMatch>? ports = rule.Ports is { } some ? some.Select(p => p is PortMatch.Unknown || (p is PortMatch.Named && isAdminEgress && !rule.Peers.All(o => o is Peer.Pods)) ? new PortMatch.Unknown("") : p).ToValueArray() : null;
        var isWider = peers.Any(p => p is Peer.Unknown) || (ports?.Any(p => p is PortMatch.Unknown) ?? false);
        return rule with { Peers = peers, Ports = ports, Action = rule.Action == RuleAction.Pass && isWider ? RuleAction.Deny : rule.Action };
    }

    private static T Read<T>(IObjectReader<T> reader, JsonObject written)
        where T : class => ReceivedObjectReader.Read(reader, Receive(written), [])!;

    private static Policy ReadPolicy(JsonObject written) =>
        WatchedPolicy.Read((IObjectReader<Policy>)ResourceTypes.FindReader((string)written["kind"]!)!, Receive(written))!.Policy;

    private static ReceivedObject Receive(JsonObject written)
    {
        var metadata = written["metadata"]!;
        return new((string?)metadata["namespace"] ?? "", (string)metadata["name"]!, "uid", "1", 1, Encoding.UTF8.GetBytes(written.ToJsonString()));
    }
}
