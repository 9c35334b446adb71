using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetPol.Cli.Tests.Cases;

/// <summary>
/// <c>netpol check</c> accepts and refuses the same policies as an API server. The recorded answers of a Kubernetes 1.37 server are not part of the
/// repository: the test reads them from <c>../shared/api-server-1.37</c> beside it, or from <c>NETPOL_RECORDED_SERVER</c>. The objects below need no data.
/// </summary>
[TestClass, TestCategory("Process")]
public sealed class ApiServerValidationTests
{
    private const string Variable = "NETPOL_RECORDED_SERVER";
    private const string Cluster = "policy.networking.k8s.io/v1beta1";
    private const string Networking = "networking.k8s.io/v1";
    private const string Subject = """
        "tier": "Admin", "priority": 10, "subject": { "namespaces": {} }
        """;

    /// <summary>The server accepts it, but it can never match: domain names are only for Accept.</summary>
    private const string TakenAndUseless = "ClusterNetworkPolicy: domainNames with Deny";

    private static readonly (string Name, string ApiVersion, string Spec, bool IsTaken)[] Own =
    [
        ("host bits in IPv6", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "fd00::1/64" } }] }] }""", false),
        ("host bits in an exception", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["10.1.0.1/16"] } }] }] }""", false),
        ("one address", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.1/32" } }] }] }""", true),
        ("an IPv4-mapped address", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "::ffff:192.0.2.7/128" } }] }] }""", false),
        ("an IPv4-mapped exception", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["::ffff:10.1.0.0/112"] } }] }] }""", false),
        ("leading zeros in the prefix length", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0/08" } }] }] }""", false),
        ("an address without a prefix length", Networking, """{ "podSelector": {}, "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.1" } }] }] }""", false),
        ("an exception as large as its network", Networking, """{ "podSelector": {}, "ingress": [{ "from": [{ "ipBlock": { "cidr": "fd00::/64", "except": ["fd00::/64"] } }] }] }""", false),
        ("a range of one port", Networking, """{ "podSelector": {}, "ingress": [{ "ports": [{ "port": 80, "endPort": 80 }] }] }""", true),
        ("endPort without port", Networking, """{ "podSelector": {}, "ingress": [{ "ports": [{ "endPort": 80 }] }] }""", false),
        ("port 0", Networking, """{ "podSelector": {}, "ingress": [{ "ports": [{ "port": 0 }] }] }""", false),
        ("a name with a capital", Networking, """{ "podSelector": {}, "ingress": [{ "ports": [{ "port": "Web" }] }] }""", false),
        ("an operator without values", Networking, """{ "podSelector": { "matchExpressions": [{ "key": "a", "operator": "In", "values": [] }] } }""", false),
        ("an unknown policy type", Networking, """{ "podSelector": {}, "policyTypes": ["Both"] }""", false),
        ("empty lists", Networking, """{ "podSelector": {}, "ingress": [{ "from": [], "ports": [] }] }""", true),
        ("a negative priority", Cluster, """{ "tier": "Admin", "priority": -1, "subject": { "namespaces": {} } }""", false),
        ("a priority of 1000", Cluster, """{ "tier": "Admin", "priority": 1000, "subject": { "namespaces": {} } }""", true),
        ("no priority", Cluster, """{ "tier": "Admin", "subject": { "namespaces": {} } }""", false),
        ("a tier in lower case", Cluster, """{ "tier": "admin", "priority": 1, "subject": { "namespaces": {} } }""", false),
        ("a subject without namespaceSelector", Cluster, """{ "tier": "Admin", "priority": 1, "subject": { "pods": { "podSelector": {} } } }""", true),
        ("no subject", Cluster, """{ "tier": "Admin", "priority": 1 }""", false),
        ("UDP without a port", Cluster, Rules("""[{ "action": "Deny", "from": [{ "namespaces": {} }], "protocols": [{ "udp": {} }] }]"""), false),
        ("a range that ends before it starts", Cluster, Rules("""[{ "action": "Deny", "from": [{ "namespaces": {} }], "protocols": [{ "sctp": { "destinationPort": { "range": { "start": 9, "end": 8 } } } }] }]"""), false),
        ("a protocol of no API", Cluster, Rules("""[{ "action": "Deny", "from": [{ "namespaces": {} }], "protocols": [{ "quic": { "destinationPort": { "number": 443 } } }] }]"""), false),
        ("a peer of no API", Cluster, Rules("""[{ "action": "Accept", "from": [{ "serviceAccounts": {} }] }]"""), false),
        ("nodes as a peer of ingress", Cluster, Rules("""[{ "action": "Deny", "from": [{ "nodes": {} }] }]"""), false),
        ("no action", Cluster, Rules("""[{ "from": [{ "namespaces": {} }] }]"""), false),
        ("25 rules", Cluster, Rules(JsonSerializer.Serialize(Enumerable.Repeat(new { action = "Deny", from = new[] { new { namespaces = new { } } } }, 25))), true),
    ];

    private static readonly Lazy<Task<ILookup<string, string>>> OwnErrors = new(() => ErrorsAsync(Own.Select(o => (o.ApiVersion, JsonNode.Parse(o.Spec)!))));
    private static readonly Lazy<List<JsonElement>> Recorded = new(Read);
    private static readonly Lazy<Task<ILookup<string, string>>> RecordedErrors = new(() => ErrorsAsync(Recorded.Value.Select(r => (r.GetProperty("apiVersion").GetString()!, JsonNode.Parse(r.GetProperty("spec").GetRawText())!))));

    public static IEnumerable<object[]> OwnNames => Own.Select((o, i) => new object[] { i, o.Name });

    public static IEnumerable<object[]> RecordedNames => Recorded.Value.Count == 0
        ? [[-1, ""]]
        : Recorded.Value.Select((r, i) => new object[] { i, $"{r.GetProperty("case").GetString()} ({r.GetProperty("apiVersion").GetString()})" });

    [TestMethod]
    [DynamicData(nameof(OwnNames))]
    public async Task What_an_API_server_refuses_is_an_error(int index, string name)
    {
        var errors = (await OwnErrors.Value)[Name(index)].ToList();

        Assert.AreEqual(Own[index].IsTaken, errors.Count == 0, $"{name}: {string.Join("; ", errors)}");
    }

    [TestMethod]
    [DynamicData(nameof(RecordedNames))]
    public async Task What_the_recorded_server_refuses_is_an_error(int index, string name)
    {
        if (index < 0)
            Assert.Inconclusive($"there is no validation.json in {Folder}: set {Variable} to its folder");
        var errors = (await RecordedErrors.Value)[Name(index)].ToList();
        var isTaken = Recorded.Value[index].GetProperty("accepted").GetBoolean() && !name.StartsWith(TakenAndUseless, StringComparison.Ordinal);

        Assert.AreEqual(isTaken, errors.Count == 0, $"{name}: {string.Join("; ", errors)}");
    }

    [TestMethod]
    public async Task An_error_names_the_version_that_began_to_refuse()
    {
        var errors = await OwnErrors.Value;

        StringAssert.EndsWith(errors[Name(0)].Single(), "write fd00::/64, as it is read; Kubernetes 1.36 and later refuse it", StringComparison.Ordinal);
        StringAssert.Contains(errors[Name(3)].Single(), "Kubernetes 1.36 and later", StringComparison.Ordinal);
    }

    private static string Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Path.GetFullPath(Path.Combine(CaseFolder.RepositoryRoot(), "..", "shared", "api-server-1.37"));

    private static string Name(int index) => $"x{index}";

    private static string Rules(string ingress) => $$"""{ {{Subject}}, "ingress": {{ingress}} }""";

    private static List<JsonElement> Read()
    {
        var file = Path.Combine(Folder, "validation.json");
        return File.Exists(file) ? [.. JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray()] : [];
    }

    /// <summary>Returns the error messages by object name, from one run of the command for all objects.</summary>
    private static async Task<ILookup<string, string>> ErrorsAsync(IEnumerable<(string ApiVersion, JsonNode Spec)> policies)
    {
        var items = policies.Select((p, i) => (JsonNode)new JsonObject
        {
            ["apiVersion"] = p.ApiVersion,
            ["kind"] = string.Equals(p.ApiVersion, Networking, StringComparison.Ordinal) ? "NetworkPolicy" : "ClusterNetworkPolicy",
            ["metadata"] = new JsonObject { ["name"] = Name(i) },
            ["spec"] = p.Spec,
        });
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. items]) };
        var outcome = await NetPolProcess.RunAsync(list.ToJsonString(), ["check", "-f", "-", "-o", "json"]);
        using var json = JsonDocument.Parse(outcome.Output);
        return json.RootElement.GetProperty("diagnostics").EnumerateArray()
            .Where(d => d.GetProperty("severity").GetString() is "error")
            .Select(d => (Name: d.GetProperty("object").GetString()!.Split(' ', '/')[^1], Message: d.GetProperty("message").GetString()!))
            .ToLookup(d => d.Name, d => d.Message, StringComparer.Ordinal);
    }
}
