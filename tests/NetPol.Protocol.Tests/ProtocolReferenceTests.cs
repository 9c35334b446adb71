using System.Text;
using Google.Protobuf.Reflection;
using NetPol.Protocol.Wire;
using NetPol.Testing.Infrastructure;

namespace NetPol.Protocol.Tests;

/// <summary>docs/reference/node-protocol.md lists every service, message, enum and field number of the protocol. NETPOL_ACCEPT=1 rewrites the list.</summary>
[TestClass]
public sealed class ProtocolReferenceTests
{
    private const string Begin = "<!-- descriptors -->\n```text\n";
    private const string End = "```\n";
    private static readonly string File = Repository.Path("docs", "reference", "node-protocol.md");

    [TestMethod]
    public void The_reference_matches_the_descriptors()
    {
        var page = System.IO.File.ReadAllText(File);
        var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        Assert.IsGreaterThanOrEqualTo(Begin.Length, begin, $"{File} has no list after {Begin}");
        var end = page.IndexOf(End, begin, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("NETPOL_ACCEPT") == "1")
            System.IO.File.WriteAllText(File, page[..begin] + Text() + page[end..]);
        else
            Assert.AreEqual(Text(), page[begin..end], "a change of a name or number breaks old peers; if it is an addition, write the list with NETPOL_ACCEPT=1");
    }

    private static string Text()
    {
        var files = typeof(AgentMessage).Assembly.GetTypes().Where(t => t.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(t => t.GetProperty("Descriptor")?.GetValue(null)).OfType<FileDescriptor>().OrderBy(f => f.Package, StringComparer.Ordinal).ToList();
        Assert.IsNotEmpty(files);
        var text = new StringBuilder();
        foreach (var file in files)
        {
            foreach (var service in file.Services)
            {
                text.Append($"service {service.FullName}\n");
                foreach (var method in service.Methods)
                    text.Append($"  {method.Name}({Stream(method.IsClientStreaming)}{method.InputType.FullName}) returns ({Stream(method.IsServerStreaming)}{method.OutputType.FullName})\n");
            }
            foreach (var message in file.MessageTypes)
                Append(text, message);
            foreach (var values in file.EnumTypes)
                Append(text, values);
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, MessageDescriptor message)
    {
        text.Append($"message {message.FullName}\n");
        foreach (var field in message.Fields.InFieldNumberOrder())
            text.Append($"  {field.FieldNumber} {Describe(field)}\n");
        foreach (var nested in message.NestedTypes.Where(n => n.GetOptions()?.MapEntry != true))
            Append(text, nested);
        foreach (var values in message.EnumTypes)
            Append(text, values);
    }

    private static void Append(StringBuilder text, EnumDescriptor values)
    {
        text.Append($"enum {values.FullName}\n");
        foreach (var value in values.Values.OrderBy(v => v.Number))
            text.Append($"  {value.Number} {value.Name}\n");
    }

    private static string Describe(FieldDescriptor field)
    {
        var type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.FullName,
            FieldType.Enum => field.EnumType.FullName,
            var scalar => scalar.ToString().ToLowerInvariant(),
        };
        var label = field.IsRepeated ? "repeated " : field.RealContainingOneof is { } choice ? $"oneof {choice.Name} " : field.HasPresence && field.FieldType != FieldType.Message ? "optional " : "";
        return $"{field.Name}: {label}{type}";
    }

    private static string Stream(bool isStreaming) => isStreaming ? "stream " : "";
}
