using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Watch;
using NetPol.Protocol.Wire;

namespace NetPol.Cli.Tests.Infrastructure;

/// <summary>The schema of the JSON form of a protobuf message, with the field names of the .proto file. A field with its default value is absent.</summary>
internal static class ProtobufSchema
{
    private const string Description =
        "A part of an update of a node's rules: the message UpdatePart of node_rules.proto. Numbers of 64 bits are strings, bytes are base64, and fields with the default value are absent.";

    /// <summary>Returns the schema of the documents that <c>netpol watch</c> writes.</summary>
    public static JsonObject RuleUpdate()
    {
        var definitions = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        var schema = Message(UpdatePart.Descriptor, definitions);
        schema.Insert(0, "description", Description);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        var properties = schema["properties"]!.AsObject();
        properties.Insert(0, "kind", new JsonObject { ["const"] = RuleStreamPrinter.DocumentKind });
        properties.Insert(0, "apiVersion", new JsonObject { ["const"] = Document.Version });
        schema["required"] = new JsonArray("apiVersion", "kind");
        schema["$defs"] = new JsonObject(definitions.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value)));
        return schema;
    }

    /// <summary>Returns a part with a value in every field. The value of a message is filled too, once per type.</summary>
    public static UpdatePart Filled() => (UpdatePart)Fill(UpdatePart.Descriptor, []);

    private static JsonObject Message(MessageDescriptor message, SortedDictionary<string, JsonNode> definitions)
    {
        var properties = new JsonObject();
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            var value = Value(field, definitions);
            properties[field.Name] = field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = value } : value;
        }
        return new() { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
    }

    private static JsonObject Value(FieldDescriptor field, SortedDictionary<string, JsonNode> definitions)
    {
        switch (field.FieldType)
        {
            case FieldType.Bool:
                return new() { ["type"] = "boolean" };
            case FieldType.UInt32:
                return new() { ["type"] = "integer" };
            case FieldType.String or FieldType.Bytes or FieldType.UInt64 or FieldType.Fixed64:
                return new() { ["type"] = "string" };
            case FieldType.Enum:
                return new() { ["enum"] = new JsonArray([.. field.EnumType.Values.Select(v => (JsonNode)v.Name)]) };
            case FieldType.Message when field.MessageType == Timestamp.Descriptor:
                return new() { ["type"] = "string", ["format"] = "date-time" };
            case FieldType.Message:
                var name = field.MessageType.Name;
                if (definitions.TryAdd(name, new JsonObject()))
                    definitions[name] = Message(field.MessageType, definitions);
                return new() { ["$ref"] = $"#/$defs/{name}" };
            default:
                throw new NotSupportedException($"{field.FullName}: {field.FieldType}");
        }
    }

    private static IMessage Fill(MessageDescriptor type, HashSet<MessageDescriptor> parents)
    {
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (field.FieldType == FieldType.Message && (field.MessageType == type || parents.Contains(field.MessageType)))
                continue;
            var value = Sample(field, [.. parents, type]);
            if (field.IsRepeated)
                ((System.Collections.IList)field.Accessor.GetValue(message)).Add(value);
            else
                field.Accessor.SetValue(message, value);
        }
        return message;
    }

    private static object Sample(FieldDescriptor field, HashSet<MessageDescriptor> parents) => field.FieldType switch
    {
        FieldType.Bool => true,
        FieldType.UInt32 => 1u,
        FieldType.UInt64 or FieldType.Fixed64 => ulong.MaxValue,
        FieldType.String => "text",
        FieldType.Bytes => ByteString.CopyFrom(1, 2),
        FieldType.Enum => System.Enum.ToObject(field.EnumType.ClrType, 1),
        FieldType.Message when field.MessageType == Timestamp.Descriptor => new Timestamp { Seconds = 1 },
        _ => Fill(field.MessageType, parents),
    };
}
