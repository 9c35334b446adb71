using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Xml.Linq;
using NetPol.Cli.Check;
using NetPol.Cli.Diff;
using NetPol.Cli.Explain;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Lab;
using NetPol.Cli.Logs;
using NetPol.Cli.Matrix;
using NetPol.Cli.Rules;
using NetPol.Cli.Status;
using NetPol.Cli.Unused;
using NetPol.Cli.Watch;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Flows;
using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.Infrastructure;

/// <summary>The published schemas match the code, and the commands' output is valid against them. NETPOL_ACCEPT=1 rewrites the schemas.</summary>
[TestClass, TestCategory("Process")]
public sealed class SchemaTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs", "reference", "schemas");
    private static readonly string Small = NetPolProcess.Fixture("small");

    private static readonly Document[] Documents = Array.ConvertAll(
        [
            typeof(CheckDocument), typeof(ExplanationDocument), typeof(ServiceExplanationDocument), typeof(MatrixDocument), typeof(DiffDocument),
            typeof(UnusedDocument), typeof(RuleSetDocument), typeof(LabDocument), typeof(StatusDocument), typeof(FlowRecordDocument),
        ],
        type => (Document)Activator.CreateInstance(type, new object?[type.GetConstructors()[0].GetParameters().Length])!);

    private static readonly Dictionary<string, string> Comments = ReadComments();

    [TestMethod]
    public void Every_document_type_has_a_schema()
    {
        var types = typeof(Document).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Document)) && !t.IsAbstract);

        CollectionAssert.AreEquivalent(types.ToList(), Documents.Select(d => d.GetType()).ToList());
    }

    [TestMethod]
    public void Published_schemas_match_the_code()
    {
        var schemas = Documents.ToDictionary(d => $"{d.Kind}.json", d => $"{Schema(d).ToJsonString(d.Options(isIndented: true))}\n");
        schemas.Add($"{RuleStreamPrinter.DocumentKind}.json", $"{ProtobufSchema.RuleUpdate().ToJsonString(Documents[0].Options(isIndented: true))}\n");
        if (Environment.GetEnvironmentVariable("NETPOL_ACCEPT") == "1")
        {
            Directory.CreateDirectory(Folder);
            foreach (var (name, text) in schemas)
                File.WriteAllText(Path.Combine(Folder, name), text);
        }

        CollectionAssert.AreEquivalent(schemas.Keys, Directory.GetFiles(Folder).Select(Path.GetFileName).ToList(), "write them with NETPOL_ACCEPT=1");
        foreach (var (name, text) in schemas)
            Assert.AreEqual(text, File.ReadAllText(Path.Combine(Folder, name)), $"{name} is stale: write it with NETPOL_ACCEPT=1");
    }

    [TestMethod]
    [DataRow("CheckReport", "check -f broken")]
    [DataRow("CheckReport", "check -f small")]
    [DataRow("Explanation", "explain -f small --from shop/web --to shop/db --port 80")]
    [DataRow("Explanation", "explain -f small --from 192.0.2.7 --to shop/db --port 80")]
    [DataRow("ConnectivityMatrix", "matrix -f small -a 192.0.2.7")]
    [DataRow("PolicyDiff", "diff -f small --old small --without networkpolicy/shop/db")]
    [DataRow("UnusedReport", "unused -f small")]
    [DataRow("NodeRuleSetList", "rules -f small")]
    public async Task Commands_write_what_the_schema_says(string kind, string command)
    {
        var arguments = command.Replace("small", Small, StringComparison.Ordinal).Replace("broken", NetPolProcess.Fixture("broken"), StringComparison.Ordinal);
        var json = await NetPolProcess.RunAsync([.. arguments.Split(' '), "-o", "json"]);

        var document = JsonNode.Parse(json.Output);
        Assert.AreEqual(kind, document!["kind"]!.GetValue<string>(), json.Error);
        Assert.AreEqual("", string.Join('\n', Faults(document, kind)));
    }

    [TestMethod]
    public async Task Samples_are_valid_as_matrix_and_explanation()
    {
        var sample = Path.Combine(Repository.Root, "policy-samples", "three-tier");
        foreach (var (kind, arguments) in new[]
        {
            ("ConnectivityMatrix", $"matrix -f {sample}"), ("UnusedReport", $"unused -f {sample}"), ("NodeRuleSetList", $"rules -f {sample}"),
            ("Explanation", $"explain -f {sample} --from guest/sandbox --to data/db-0 --port 5432"), ("PolicyDiff", $"diff --old {sample} -f {Small}"),
        })
        {
            var json = await NetPolProcess.RunAsync([.. arguments.Split(' '), "-o", "json"]);
            Assert.AreEqual("", string.Join('\n', Faults(JsonNode.Parse(json.Output), kind)), arguments);
        }
    }

    [TestMethod]
    public void Flow_records_are_valid_with_and_without_optional_fields()
    {
        var client = new FlowEndpoint(IpAddress.Parse("10.0.0.1"), 40000, AddressOwner.OfPod(new("shop", "web"), Labels.Create(("app", "web"))));
        var isolated = new FlowRecord
        {
            FirstPacketAt = DateTimeOffset.UnixEpoch,
            LastPacketAt = DateTimeOffset.UnixEpoch,
            Node = "n1",
            Decision = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "db")]),
            Source = client,
            Destination = new(IpAddress.Parse("10.0.0.2"), 5432, AddressOwner.OfNode("n2")),
            Protocol = 6,
            Count = 1,
        };
        foreach (var (record, lost) in new[] { (isolated, 0L), (isolated with { Decision = Decision.ByDefault(Direction.Egress), Source = new(client.Address, null), Protocol = 1, IcmpType = 8 }, 3L) })
        {
            using var output = new MemoryStream();
            DocumentWriter.WriteNext(output, OutputFormat.Json, FlowRecordDocument.Create(record, lost));
            var document = JsonNode.Parse(output.ToArray())!;
            Assert.AreEqual("", string.Join('\n', Faults(document, "FlowRecord")));

            using var line = new MemoryStream();
            FlowJson.WriteLine(line, record, lost);
            var fields = JsonNode.Parse(line.ToArray())!.AsObject();
            fields.Insert(0, "kind", "FlowRecord");
            fields.Insert(0, "apiVersion", Document.Version);
            Assert.AreEqual(fields.ToJsonString(), document.ToJsonString(), "the agent's log has the same fields in the same order");
        }
    }

    [TestMethod]
    public void Rule_updates_are_valid()
    {
        var part = ProtobufSchema.Filled();
        using var output = new MemoryStream();
        RuleStreamPrinter.WriteDocument(output, OutputFormat.Json, part);

        var schema = ProtobufSchema.RuleUpdate();
        Assert.AreEqual("", string.Join('\n', new SchemaValidator(schema).Faults(JsonNode.Parse(output.ToArray()), schema, "$")));
    }

    [TestMethod]
    [DataRow("""{"apiVersion":"cli.netpol.io/v2","kind":"UnusedReport","items":[]}""", "$.apiVersion: not \"cli.netpol.io/v1\"")]
    [DataRow("""{"apiVersion":"cli.netpol.io/v1","kind":"UnusedReport"}""", "$.items: missing")]
    [DataRow("""{"apiVersion":"cli.netpol.io/v1","kind":"UnusedReport","items":[],"item":[]}""", "$.item: unknown")]
    [DataRow("""{"apiVersion":"cli.netpol.io/v1","kind":"UnusedReport","items":[3]}""", "$.items[0]: not object")]
    public void A_schema_refuses_other_documents(string document, string fault) =>
        Assert.AreEqual(fault, string.Join('\n', Faults(JsonNode.Parse(document), "UnusedReport")));

    private static IEnumerable<string> Faults(JsonNode? document, string kind)
    {
        var schema = Schema(Documents.Single(d => d.Kind == kind));
        return new SchemaValidator(schema).Faults(document, schema, "$");
    }

    private static JsonNode Schema(Document document)
    {
        var schema = document.Options(isIndented: true).GetJsonSchemaAsNode(document.GetType(), new()
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Described(context, node, document),
        });
        schema.AsObject().Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return schema;
    }

    /// <summary>Adds what the exporter does not know: fixed values, required and unknown fields, and the doc comments.</summary>
    private static JsonNode Described(JsonSchemaExporterContext context, JsonNode node, Document document)
    {
        if (node is not JsonObject schema)
            return node;
        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object && schema["properties"] is JsonObject properties)
        {
            var required = context.TypeInfo.Properties.Where(p => !IsOptional(p)).Select(p => p.Name).Where(properties.ContainsKey);
            var discriminator = schema["required"]?.AsArray().Select(r => r!.GetValue<string>()).Where(r => !context.TypeInfo.Properties.Any(p => p.Name == r)) ?? [];
            schema["required"] = new JsonArray([.. discriminator.Concat(required).Select(r => (JsonNode)r)]);
            schema["additionalProperties"] = false;
        }
        if (context.PropertyInfo is { } property)
        {
            if (property.Name is "apiVersion" && property.DeclaringType == typeof(Document))
                schema = new() { ["const"] = Document.Version };
            else if (property.Name is "kind" && context.Path.Length == 2)
                schema = new() { ["const"] = document.Kind };
            if (Comments.GetValueOrDefault($"{property.DeclaringType.FullName}.{property.Name}") is { } comment)
                schema.Insert(0, "description", comment);
        }
        else if (context.Path.IsEmpty && Comments.GetValueOrDefault(context.TypeInfo.Type.FullName!) is { } comment)
        {
            schema.Insert(0, "description", comment);
        }
        return schema;
    }

    private static bool IsOptional(JsonPropertyInfo property) => property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: true) == true;

    /// <summary>Returns the summaries of types by name, and the descriptions of their parameters by type and JSON name.</summary>
    private static Dictionary<string, string> ReadComments()
    {
        var comments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in XDocument.Load(Path.Combine(AppContext.BaseDirectory, "netpol.xml")).Descendants("member").Where(m => m.Attribute("name")!.Value.StartsWith("T:", StringComparison.Ordinal)))
        {
            var name = type.Attribute("name")!.Value[2..];
            if (type.Element("summary") is { } summary)
                comments[name] = Text(summary);
            foreach (var parameter in type.Elements("param"))
                comments[$"{name}.{JsonNamingPolicy.CamelCase.ConvertName(parameter.Attribute("name")!.Value)}"] = Text(parameter);
        }
        return comments;
    }

    private static string Text(XElement comment)
    {
        foreach (var see in comment.Descendants("see").ToList())
            see.ReplaceWith(see.Attribute("cref")!.Value.Split('.')[^1]);
        return string.Join(' ', comment.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}

/// <summary>Validates JSON against the part of JSON Schema that .NET's exporter uses.</summary>
/// <param name="root">The complete schema, which JSON pointers are relative to.</param>
internal sealed class SchemaValidator(JsonNode root)
{
    /// <summary>Returns the errors of a value; empty when it is valid.</summary>
    public IEnumerable<string> Faults(JsonNode? value, JsonNode schema, string path)
    {
        if (schema is not JsonObject rules)
            return [];
        if (rules["$ref"] is { } pointer)
            return Faults(value, Resolve(pointer.GetValue<string>()), path);
        if (rules["anyOf"] is JsonArray choices)
            return choices.Any(c => !Faults(value, c!, path).Any()) ? [] : [$"{path}: matches no choice"];
        if (rules["const"] is { } fixedValue && !JsonNode.DeepEquals(value, fixedValue))
            return [$"{path}: not {fixedValue.ToJsonString()}"];
        if (rules["enum"] is JsonArray values && !values.Any(v => JsonNode.DeepEquals(v, value)))
            return [$"{path}: not one of {values.ToJsonString()}"];
        if (rules["type"] is { } type && !(type is JsonArray types ? types.Select(t => t!.GetValue<string>()) : [type.GetValue<string>()]).Any(t => IsOf(value, t)))
            return [$"{path}: not {type}"];
        return value switch
        {
            JsonArray array when rules["items"] is { } item => array.SelectMany((one, place) => Faults(one, item, $"{path}[{place}]")),
            JsonObject fields => FieldFaults(fields, rules, path),
            _ => [],
        };
    }

    private IEnumerable<string> FieldFaults(JsonObject fields, JsonObject rules, string path)
    {
        var known = rules["properties"]?.AsObject();
        foreach (var name in rules["required"]?.AsArray().Select(r => r!.GetValue<string>()).Where(r => !fields.ContainsKey(r)) ?? [])
            yield return $"{path}.{name}: missing";
        foreach (var (name, value) in fields)
        {
            var schema = known?[name] ?? rules["additionalProperties"];
            if (schema is JsonValue no && !no.GetValue<bool>())
                yield return $"{path}.{name}: unknown";
            foreach (var fault in schema is null ? [] : Faults(value, schema, $"{path}.{name}"))
                yield return fault;
        }
    }

    private static bool IsOf(JsonNode? value, string type) => (value?.GetValueKind() ?? JsonValueKind.Null, type) switch
    {
        (JsonValueKind.Object, "object") or (JsonValueKind.Array, "array") or (JsonValueKind.String, "string") or (JsonValueKind.Null, "null") => true,
        (JsonValueKind.True or JsonValueKind.False, "boolean") or (JsonValueKind.Number, "number") => true,
        (JsonValueKind.Number, "integer") => value!.GetValue<JsonElement>().TryGetDecimal(out var number) && decimal.IsInteger(number),
        _ => false,
    };

    /// <summary>Resolves a JSON pointer such as <c>#/properties/items</c>.</summary>
    private JsonNode Resolve(string pointer)
    {
        var found = root;
        foreach (var part in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = found is JsonArray array ? array[int.Parse(part, CultureInfo.InvariantCulture)]! : found[part]!;
        return found;
    }
}
