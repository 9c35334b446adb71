using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Protocol.RuleSets;

namespace NetPol.Protocol.Status;

/// <summary>What agents report of their nodes' addresses, as replicas keep it in a ConfigMap of NetPol's own namespace: a key for each node.</summary>
public static class NodeAddressReports
{
    /// <summary>The name of the ConfigMap.</summary>
    public const string ConfigMapName = "netpol-node-addresses";

    /// <summary>The value of a node's key.</summary>
    public static string Write(IEnumerable<IpAddress> addresses) => string.Join(',', addresses);

    /// <summary>The addresses by node, sorted, each once. What is no address is left out, and all beyond <see cref="NodeAddressConversion.MaxPerNode"/>.</summary>
    /// <param name="data">The data of the ConfigMap; null where it has none.</param>
    public static IReadOnlyDictionary<string, ValueArray<IpAddress>> Read(IEnumerable<KeyValuePair<string, string>>? data) =>
        (data ?? []).ToDictionary(node => node.Key, node => Addresses(node.Value), StringComparer.Ordinal);

    private static ValueArray<IpAddress> Addresses(string text)
    {
        var found = new List<IpAddress>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(NodeAddressConversion.MaxPerNode))
        {
            if (IpAddress.TryParse(part, out var address))
                found.Add(address);
        }
        return found.Distinct().Order().ToValueArray();
    }
}
