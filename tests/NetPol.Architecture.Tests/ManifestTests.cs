using System.Text.RegularExpressions;
using NetPol.Testing.Infrastructure;
using YamlDotNet.RepresentationModel;

namespace NetPol.Architecture.Tests;

/// <summary>What <c>manifests/base</c> promises of images, memory, tokens and updates.</summary>
[TestClass]
public sealed partial class ManifestTests
{
    private static readonly string[] Workloads = ["Deployment", "DaemonSet"];
    private static readonly YamlMappingNode[] Objects =
    [
        .. Directory.GetFiles(Repository.Path("manifests", "base"), "*.yaml").Order(StringComparer.Ordinal).SelectMany(Read),
    ];

    [TestMethod]
    public void Images_have_the_version_and_never_latest()
    {
        var properties = Version().Matches(File.ReadAllText(Repository.Path("Directory.Build.props"))).Select(m => m.Groups["version"].Value);
        var version = string.Join('-', properties.Where(p => p.Length > 0));
        var images = Containers().Select(c => Text(c, "image")).Distinct(StringComparer.Ordinal).ToArray();
        Assert.AreEqual(1, images.Length, $"agent and controller are of one release: {string.Join(", ", images)}");
        Assert.AreEqual(version, Image().Match(images[0]).Groups["tag"].Value, images[0]);
    }

    [TestMethod]
    public void Every_container_has_limits_of_memory()
    {
        foreach (var container in Containers())
        {
            var resources = Map(container, "resources");
            Assert.IsTrue(Mebibytes(Text(Map(resources, "requests"), "memory")) <= Mebibytes(Text(Map(resources, "limits"), "memory")), Text(container, "name"));
            var environment = ((YamlSequenceNode)container["env"]).Cast<YamlMappingNode>().ToDictionary(e => Text(e, "name"), e => e, StringComparer.Ordinal);
            // A hexadecimal number: 0x3C is 60.
            Assert.IsInRange(1, 75, Convert.ToInt32(Text(environment["DOTNET_GCHeapHardLimitPercent"], "value"), 16), Text(container, "name"));
        }
    }

    [TestMethod]
    public void Every_account_and_every_pod_says_whether_it_gets_a_token()
    {
        var accounts = Objects.Where(o => Text(o, "kind") is "ServiceAccount").ToList();
        Assert.HasCount(3, accounts);
        foreach (var account in accounts)
            Assert.AreEqual("false", Text(account, "automountServiceAccountToken"), Text(Map(account, "metadata"), "name"));
        foreach (var workload in AllWorkloads())
            Assert.AreEqual(Text(workload, "kind") is "Deployment" ? "true" : "false", Text(PodSpec(workload), "automountServiceAccountToken"), Text(Map(workload, "metadata"), "name"));
    }

    [TestMethod]
    public void A_rolling_update_waits_for_readiness()
    {
        foreach (var workload in AllWorkloads())
        {
            Assert.IsGreaterThanOrEqualTo(10, int.Parse(Text(Map(workload, "spec"), "minReadySeconds"), System.Globalization.CultureInfo.InvariantCulture));
            foreach (var container in ContainersOf(workload))
                Assert.AreEqual("/readyz", Text(Map(Map(container, "readinessProbe"), "httpGet"), "path"));
        }
    }

    private static IEnumerable<YamlMappingNode> Read(string file)
    {
        var stream = new YamlStream();
        using var text = File.OpenText(file);
        stream.Load(text);
        return stream.Documents.Select(d => d.RootNode).OfType<YamlMappingNode>().Where(o => o.Children.ContainsKey("kind"));
    }

    private static IEnumerable<YamlMappingNode> AllWorkloads() => Objects.Where(o => Workloads.Contains(Text(o, "kind"), StringComparer.Ordinal));

    private static YamlMappingNode PodSpec(YamlMappingNode workload) => Map(Map(Map(workload, "spec"), "template"), "spec");

    private static IEnumerable<YamlMappingNode> ContainersOf(YamlMappingNode workload) => ((YamlSequenceNode)PodSpec(workload)["containers"]).Cast<YamlMappingNode>();

    private static YamlMappingNode[] Containers()
    {
        YamlMappingNode[] containers = [.. AllWorkloads().SelectMany(ContainersOf)];
        Assert.HasCount(2, containers);
        return containers;
    }

    private static YamlMappingNode Map(YamlMappingNode node, string name) => (YamlMappingNode)node[name];

    private static string Text(YamlMappingNode node, string name) => ((YamlScalarNode)node[name]).Value!;

    private static int Mebibytes(string quantity) => int.Parse(quantity.Replace("Mi", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("<Version(Prefix|Suffix)>(?<version>[^<]*)</Version", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();

    [GeneratedRegex("^(?<name>[^@]+):(?<tag>[^:@/]+)(@sha256:[0-9a-f]{64})?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Image();
}
