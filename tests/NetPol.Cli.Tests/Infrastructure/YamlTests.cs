using System.Text.Json.Nodes;
using NetPol.Cli.Infrastructure;

namespace NetPol.Cli.Tests.Infrastructure;

[TestClass, TestCategory("Process")]
public sealed class YamlTests
{
    [TestMethod]
    public void Writes_blocks_in_the_order_of_the_fields()
    {
        var text = Yaml.Write(JsonNode.Parse("""{"b":[{"x":1,"y":[2,[3]]},"two",{}],"a":{"c":null,"d":[]},"e":true}""")!);

        Assert.AreEqual(
            """
            b:
            - x: 1
              "y":
              - 2
              - - 3
            - two
            - {}
            a:
              c: null
              d: []
            e: true

            """,
            text);
    }

    [TestMethod]
    [DataRow("shop/web-1", "shop/web-1")]
    [DataRow("", "\"\"")]
    [DataRow("No", "\"No\"")]
    [DataRow("5432", "\"5432\"")]
    [DataRow("1e3", "\"1e3\"")]
    [DataRow("10.0.0.1", "\"10.0.0.1\"")]
    [DataRow("a: b # c", "\"a: b # c\"")]
    [DataRow("two\nlines \"x\"", "\"two\\nlines \\\"x\\\"\"")]
    [DataRow("-", "\"-\"")]
    public void Quotes_a_text_that_yaml_could_read_as_another_value(string value, string expected) =>
        Assert.AreEqual($"k: {expected}\n", Yaml.Write(new JsonObject { ["k"] = value }));

    [TestMethod]
    [DataRow("matrix")]
    [DataRow("check")]
    [DataRow("rules")]
    [DataRow("unused")]
    public async Task Commands_write_the_same_as_yaml_and_as_json(string command)
    {
        var yaml = await NetPolProcess.RunAsync(command, "-f", NetPolProcess.Fixture("small"), "-o", "yaml");
        var json = await NetPolProcess.RunAsync(command, "-f", NetPolProcess.Fixture("small"), "-o", "json");

        StringAssert.StartsWith(yaml.Output, "apiVersion: cli.netpol.io/v1\nkind: ");
        Assert.AreEqual(Yaml.Write(JsonNode.Parse(json.Output)!), yaml.Output);
    }
}
