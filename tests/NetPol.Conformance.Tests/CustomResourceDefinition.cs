using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cel;
using YamlDotNet.Serialization;

namespace NetPol.Conformance.Tests;

/// <summary>
/// The validation expressions (CEL) of a custom resource definition, evaluated as an API server does. The rest of the schema is not evaluated here: a
/// real API server of any version does that.
/// </summary>
internal sealed class CustomResourceDefinition
{
    private static readonly CelEnvironment Environment = CreateEnvironment();

    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();

    private readonly Dictionary<string, object?> _definition;

    private CustomResourceDefinition(Dictionary<string, object?> definition) => _definition = definition;

    /// <summary>The definition in a file.</summary>
    public static CustomResourceDefinition Read(string file) => new(ReadObject(File.ReadAllText(file)));

    /// <summary>An object as the expressions see it.</summary>
    public static Dictionary<string, object?> ReadObject(string yaml) => (Dictionary<string, object?>)Value(Yaml.Deserialize<object>(yaml))!;

    /// <summary>The versions that are served.</summary>
    public IReadOnlyList<string> Versions => [.. List(Map(_definition["spec"])["versions"]).Select(v => (string)Map(v)["name"]!)];

    /// <summary>The name of the kind.</summary>
    public string Kind => (string)Map(Map(_definition["spec"])["names"])["kind"]!;

    /// <summary>What the expressions of a version say against an object: <c>place: message</c>. Empty where all of them hold.</summary>
    public IReadOnlyList<string> Evaluate(string version, Dictionary<string, object?> live)
    {
        var found = List(Map(_definition["spec"])["versions"]).Select(Map).Single(v => string.Equals((string)v["name"]!, version, StringComparison.Ordinal));
        var faults = new List<string>();
        Walk(Map(Map(found["schema"])["openAPIV3Schema"]), live, "", faults);
        return faults;
    }

    private static void Walk(Dictionary<string, object?> schema, object? value, string place, List<string> faults)
    {
        if (value is null)
            return;
        if (schema.TryGetValue("x-kubernetes-validations", out var rules))
        {
            foreach (var rule in List(rules).Select(Map))
            {
                if (Environment.Compile((string)rule["rule"]!)(new Dictionary<string, object?>(StringComparer.Ordinal) { ["self"] = value }) is not true)
                    faults.Add($"{place}: {rule["message"]}");
            }
        }
        if (schema.TryGetValue("items", out var items) && value is object?[] list)
        {
            for (var i = 0; i < list.Length; i++)
                Walk(Map(items), list[i], $"{place}[{i}]", faults);
        }
        if (schema.TryGetValue("properties", out var properties) && value is Dictionary<string, object?> fields)
        {
            foreach (var (name, field) in Map(properties))
                Walk(Map(field), fields.GetValueOrDefault(name), $"{place}.{name}", faults);
        }
    }

    private static Dictionary<string, object?> Map(object? value) => (Dictionary<string, object?>)value!;

    private static object?[] List(object? value) => (object?[])value!;

    /// <summary>With maps, lists and whole numbers of the types that the evaluator takes.</summary>
    private static object? Value(object? yaml) => yaml switch
    {
        // The evaluator's has() takes an empty map for a missing field; Kubernetes' does not.
        IDictionary<object, object?> { Count: 0 } => new Dictionary<string, object?>(StringComparer.Ordinal) { [""] = true },
        IDictionary<object, object?> map => map.ToDictionary(e => Convert.ToString(e.Key, CultureInfo.InvariantCulture)!, e => Value(e.Value), StringComparer.Ordinal),
        IEnumerable<object?> list => list.Select(Value).ToArray(),
        sbyte or byte or short or ushort or int or uint or long => Convert.ToInt64(yaml, CultureInfo.InvariantCulture),
        _ => yaml,
    };

    /// <summary>CEL with Kubernetes' functions for networks. A network is its text in canonical form, so that equal ones are equal.</summary>
    private static CelEnvironment CreateEnvironment()
    {
        var environment = new CelEnvironment([], "");
        environment.RegisterFunction("isCIDR", [typeof(string)], arguments => Network((string)arguments[0]!) is not null);
        environment.RegisterFunction("cidr", [typeof(string)], arguments => Text(Network((string)arguments[0]!) ?? throw new CelException($"{arguments[0]} is no network")));
        environment.RegisterFunction("masked", [typeof(string)], arguments =>
        {
            var (address, length) = Network((string)arguments[0]!)!.Value;
            var bytes = address.GetAddressBytes();
            for (var bit = length; bit < bytes.Length * 8; bit++)
                bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            return Text((new(bytes), length));
        });
        return environment;
    }

    private static string Text((IPAddress Address, int Length) network) => $"{network.Address}/{network.Length}";

    /// <summary>As Kubernetes' library has it: no zone, no leading zeros, and no IPv4-mapped address.</summary>
    private static (IPAddress Address, int Length)? Network(string text)
    {
        var parts = text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || text.Contains('%', StringComparison.Ordinal) || address.IsIPv4MappedToIPv6)
            return null;
        if (address.AddressFamily == AddressFamily.InterNetwork && !string.Equals(address.ToString(), parts[0], StringComparison.Ordinal))
            return null;
        return byte.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && string.Equals(length.ToString(CultureInfo.InvariantCulture), parts[1], StringComparison.Ordinal) && length <= address.GetAddressBytes().Length * 8
            ? (address, length) : null;
    }
}
