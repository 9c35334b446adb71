using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetPol.Cli.Tests.Output;

/// <summary>Validates JSON by the part of JSON Schema that .NET's exporter uses.</summary>
/// <param name="root">The whole schema, which pointers start from.</param>
internal sealed class SchemaValidator(JsonNode root)
{
    /// <summary>What is wrong with a value, by the part of JSON Schema that the exporter uses.</summary>
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

    /// <summary>Follows a pointer such as <c>#/properties/items</c>.</summary>
    private JsonNode Resolve(string pointer)
    {
        var found = root;
        foreach (var part in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = found is JsonArray array ? array[int.Parse(part, CultureInfo.InvariantCulture)]! : found[part]!;
        return found;
    }
}
