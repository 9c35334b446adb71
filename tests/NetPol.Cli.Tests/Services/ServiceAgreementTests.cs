using NetPol.Cli.Connections;
using NetPol.Cli.Input;
using NetPol.Cli.Matrix;
using NetPol.Cli.Services;
using NetPol.Compiler;
using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;

namespace NetPol.Cli.Tests.Services;

/// <summary>For every pod, every address and every port of generated Services, <c>matrix --address</c> gives the oracle's verdicts at the endpoints.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ServiceAgreementTests
{
    private const int Samples = 150;

    [TestMethod]
    public void Matrix_agrees_with_the_oracle_at_every_address_of_a_Service() => Generators.ClustersWithServices.ForAll(Samples, sample =>
    {
        foreach (var (matrix, asked) in Ask(sample.Cluster, sample.Services))
        {
            var expected = asked.Expected.Select(e => e.Verdict).ToList();
            var entry = matrix[asked.Client, asked.Address, asked.Port];
            Assert.AreEqual(Combined(expected), entry?.Verdict.Verdict, $"{asked.Client.Name} -> {asked.Address.Name} {asked.Port}");
            Assert.AreEqual(
                expected.Distinct().Count() > 1,
                matrix.DifferingEntries.Any(e => e.From == asked.Client && e.To == asked.Address && e.Port == asked.Port),
                $"other verdicts of {asked.Client.Name} -> {asked.Address.Name} {asked.Port}");
        }
    });

    [TestMethod]
    public void Samples_have_every_way_through_a_Service()
    {
        var found = Generators.ClustersWithServices.Draw(Samples)
            .SelectMany(s => Ask(s.Cluster, s.Services).Select(a => (s.Services, a.Asked))).Where(a => a.Asked.Expected.Count > 0).ToList();

        foreach (var verdict in Enum.GetValues<Verdict>())
        {
            Has($"{verdict} at a cluster IP", a => a.Services.Any(s => s.ClusterIps.Contains(a.Asked.Address.Addresses[0])));
            Has($"{verdict} at an external IP", a => a.Services.Any(s => s.ExternalIps.Contains(a.Asked.Address.Addresses[0])));
            Has($"{verdict} at a load balancer", a => a.Services.Any(s => s.LoadBalancerIps.Contains(a.Asked.Address.Addresses[0])));
            Has($"{verdict} at a node port of the client's node", a => a.Asked.Expected[0].Node is { } node && node.Name == a.Asked.Client.Pod!.Node);
            Has($"{verdict} at a node port of another node", a => a.Asked.Expected[0].Node is { } node && node.Name != a.Asked.Client.Pod!.Node);
            Has($"{verdict} over IPv6", a => a.Asked.Address.Addresses[0].Family == IpFamily.V6);

            void Has(string what, Func<(ValueArray<GeneratedService> Services, Question Asked), bool> where) =>
                Assert.IsTrue(found.Exists(a => Combined(a.Asked.Expected.Select(e => e.Verdict).ToList()) == verdict && where(a)), what);
        }
        Assert.IsTrue(found.Exists(a => a.Asked.Expected.Select(e => e.Verdict).Distinct().Count() > 1), "endpoints with different verdicts");
        Assert.IsTrue(found.Exists(a => a.Asked.Expected.Any(e => e.Pod.HostNetwork)), "an endpoint in the host's network");
        Assert.IsTrue(found.Exists(a => a.Asked.Expected.Any(e => e.Pod.Id == a.Asked.Client.Pod!.Id)), "a pod that reaches itself");
    }

    /// <summary>Deny if one endpoint denies. Null without an endpoint.</summary>
    private static Verdict? Combined(List<Verdict> verdicts) => verdicts.Count == 0 ? null : verdicts.Contains(Verdict.Deny) ? Verdict.Deny : Verdict.Allow;

    /// <summary>Writes the cluster as manifests, and asks for every address of a Service or node on every port of a Service.</summary>
    private static IEnumerable<(ConnectivityMatrix Matrix, Question Asked)> Ask(ClusterSnapshot generated, ValueArray<GeneratedService> services)
    {
        var writer = new ManifestWriter("v1beta1");
        var documents = generated.Namespaces.Select(ManifestWriter.Write)
            .Concat(generated.Nodes.Select(ManifestWriter.Write))
            .Concat(generated.Pods.Select(ManifestWriter.Write))
            .Concat(generated.Policies.Where(ManifestWriter.CanExpress).Select(writer.Write))
            .Concat(services.Select(ManifestWriter.Write));
        var loaded = ManifestLoader.Load(["-"], new StringReader(string.Concat(documents.Select(d => d.ToJsonString()))));
        var cluster = loaded.Complete();
        IReadOnlyList<IpAddress> addresses = [.. services.SelectMany(s => s.Addresses).Concat(cluster.Nodes.SelectMany(n => n.Addresses)).Distinct()];
        var ports = services.SelectMany(s => s.Ports).SelectMany(p => new[] { new DestinationPort(p.Protocol, p.Number), new DestinationPort(p.Protocol, p.NodePort ?? p.Number) }).ToHashSet();
        // No cluster is read: the Services are in the files.
        var source = new ClusterSource(new([], [], [], null, new(null, null)), null);
        var columns = ServiceColumns.ReadAsync(addresses, [.. ports], loaded, cluster, source, CancellationToken.None).GetAwaiter().GetResult();
        var matrix = ConnectivityMatrix.Create(cluster, PolicyCompiler.Compile(cluster), [.. ports], addresses, columns);
        return
            from client in matrix.Endpoints.Where(e => e.Pod is not null)
            from to in matrix.Endpoints.Where(e => e.Pod is null)
            from port in ports
            let isNode = cluster.Nodes.Any(n => n.Addresses.Contains(to.Addresses[0]))
            let expected = ServiceOracle.Evaluate(cluster, services, client.Pod!, to.Addresses[0], port.Protocol, port.Number)
            // Where no Service listens, the node itself has the port.
            where !isNode || services.Any(s => s.Ports.Any(p => p.Protocol == port.Protocol && p.NodePort == port.Number)) && expected.Count > 0
            select (matrix, new Question(client, to, port, expected));
    }

    private sealed record Question(Endpoint Client, Endpoint Address, DestinationPort Port, IReadOnlyList<ServiceVerdict> Expected);
}
