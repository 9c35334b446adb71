using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using NetPol.Kubernetes.Client;

namespace NetPol.Kubernetes.Tests.Client;

[TestClass, TestCategory("Unit")]
public sealed class ApiJsonTests
{
    [TestMethod]
    public void A_list_gives_the_bytes_of_each_object_and_its_metadata()
    {
        var (metadata, items) = ApiJson.ReadList(Utf8("""
            {"items": [{"spec": {"metadata": {"name": "inner"}}, "metadata": {"labels": {"name": "l"}, "name": "a", "generation": 3}}, 7, {"metadata": []}],
             "metadata": {"resourceVersion": "12", "continue": "next"}}
            """));
        Assert.AreEqual(("12", "next"), (metadata.ResourceVersion, metadata.Continue));
        Assert.AreEqual(
            """{"spec": {"metadata": {"name": "inner"}}, "metadata": {"labels": {"name": "l"}, "name": "a", "generation": 3}} a 3; 7  0; {"metadata": []}  0""",
            string.Join("; ", items!.Select(i => $"{Encoding.UTF8.GetString(i.Json.Span)} {i.Metadata.Name} {i.Metadata.Generation}")));
    }

    [TestMethod]
    [DataRow("""{"metadata": {"resourceVersion": "1"}}""")]
    [DataRow("""{"items": {}}""")]
    [DataRow("""{"items": null}""")]
    [DataRow("[]")]
    [DataRow("\"text\"")]
    public void An_answer_that_is_no_list_has_no_items([StringSyntax(StringSyntaxAttribute.Json)] string json) => Assert.IsNull(ApiJson.ReadList(Utf8(json)).Items);

    [TestMethod]
    [DataRow("""{"type": "ADDED", "object": {"metadata": {"name": "a"}}""")]
    [DataRow("""{"type": "ADDED", "object": {}} {}""")]
    [DataRow("""{"type": "ADDED"}""")]
    [DataRow("""{"object": {}}""")]
    [DataRow("[]")]
    [DataRow(" ")]
    public void A_line_that_is_truncated_or_no_event_is_refused(string line) => Assert.Throws<JsonException>(() => ApiJson.ReadEvent(Utf8(line)));

    [TestMethod]
    public void Half_surrogate_in_a_name_makes_one_object_unusable()
    {
        var (_, items) = ApiJson.ReadList(Utf8("""{"items": [{"metadata": {"name": "\ud800"}}, {"\ud800": 1, "metadata": {"name": "b"}}]}"""));
        Assert.Throws<JsonException>(() => ReceivedObject.Create(items![0]));
        Assert.AreEqual("b", ReceivedObject.Create(items![1]).Name);
    }

    [TestMethod]
    public void Deep_object_stops_no_other_of_its_list_or_watch()
    {
        // As deep as kube-apiserver takes it: the object and 9,999 lists in it.
        var deep = $$$"""{"metadata": {"name": "deep"}, "spec": {{{new string('[', 9_999)}}}{{{new string(']', 9_999)}}}}""";
        var (_, items) = ApiJson.ReadList(Utf8($$$"""{"items": [{{{deep}}}, {"metadata": {"name": "flat"}}]}"""));
        Assert.AreEqual("deep flat", string.Join(' ', items!.Select(i => i.Metadata.Name)));
        Assert.AreEqual("deep", ApiJson.ReadEvent(Utf8($$$"""{"type": "ADDED", "object": {{{deep}}}}""")).Object.Metadata.Name);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
