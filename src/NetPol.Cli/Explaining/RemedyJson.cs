using System.Text.Json;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Cli.Explaining;

/// <summary>What must change for a connection to be allowed, as data: everything in the list, in the order of evaluation.</summary>
internal static class RemedyJson
{
    /// <summary>An empty list for a connection that is allowed.</summary>
    public static void Write(Utf8JsonWriter json, Explanation explanation)
    {
        json.WriteStartArray("remedy");
        foreach (var side in new[] { explanation.Egress, explanation.Ingress })
        {
            foreach (var change in side.Remedy)
                WriteChange(json, side.Direction, change);
        }
        json.WriteEndArray();
    }

    private static void WriteChange(Utf8JsonWriter json, Direction direction, RemedyChange change)
    {
        json.WriteStartObject();
        json.WriteString("side", Words.Camel(direction.ToString()));
        if (change is RemedyChange.RuleDenies denies)
        {
            json.WriteString("change", "rule");
            json.WriteString("tier", denies.Tier.ToString());
            json.WriteString("kind", denies.Step.Policy.Kind.ToString());
            json.WriteString("policy", denies.Step.Policy.QualifiedName);
            json.WriteNumber("index", denies.Step.RuleIndex);
            json.WriteString("name", denies.Step.RuleName);
            if (denies.Isolation is { } isolation)
                json.WriteString("isolated", isolation.Reason);
        }
        else
        {
            var isolated = (RemedyChange.Isolated)change;
            json.WriteString("change", "allow");
            json.WriteStartArray("isolatedBy");
            foreach (var policy in isolated.IsolatedBy)
                json.WriteStringValue(policy.QualifiedName);
            json.WriteEndArray();
            json.WriteString("addTo", isolated.AddTo?.QualifiedName);
            json.WriteString("namespace", isolated.Subject.Namespace);
            WriteSelector(json, "podSelector", isolated.Subject.Pods);
            WriteRule(json, direction, isolated.Allowing);
        }
        json.WriteEndObject();
    }

    /// <summary>As a NetworkPolicy has it.</summary>
    private static void WriteRule(Utf8JsonWriter json, Direction direction, Rule rule)
    {
        json.WriteStartObject("rule");
        json.WriteStartArray(direction == Direction.Ingress ? "from" : "to");
        foreach (var peer in rule.Peers)
            WritePeer(json, peer);
        json.WriteEndArray();
        if (rule.Ports is { } ports)
        {
            json.WriteStartArray("ports");
            foreach (var port in ports.Cast<PortMatch.Numbers>())
            {
                json.WriteStartObject();
                json.WriteString("protocol", port.Protocol.Name());
                json.WriteNumber("port", port.Range.First);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WritePeer(Utf8JsonWriter json, Peer peer)
    {
        json.WriteStartObject();
        if (peer is Peer.Network network)
        {
            json.WriteStartObject("ipBlock");
            json.WriteString("cidr", network.Cidr.ToString());
            json.WriteEndObject();
        }
        else if (peer is Peer.Pods { Selection: var selection })
        {
            if (selection.Namespace is null)
                WriteSelector(json, "namespaceSelector", selection.Namespaces);
            WriteSelector(json, "podSelector", selection.Pods);
        }
        json.WriteEndObject();
    }

    private static void WriteSelector(Utf8JsonWriter json, string name, LabelSelector selector)
    {
        json.WriteStartObject(name);
        if (!selector.Requirements.IsEmpty)
        {
            json.WriteStartObject("matchLabels");
            foreach (var requirement in selector.Requirements)
                json.WriteString(requirement.Key, requirement.Values[0]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
