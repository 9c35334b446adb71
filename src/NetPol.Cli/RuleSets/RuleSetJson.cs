using System.Text.Json;
using NetPol.Cli.Matrices;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.RuleSets;

/// <summary>A node's rule set as data, list by list as it is in the vocabulary.</summary>
internal static class RuleSetJson
{
    public static void Write(Utf8JsonWriter json, NodeRuleSet rules)
    {
        json.WriteStartObject();
        json.WriteString("node", rules.Node);
        Array(json, "nodeAddresses", rules.NodeAddresses, a => json.WriteStringValue(a.ToString()));
        json.WriteStartArray("decisions");
        foreach (var decision in rules.Decisions)
            WriteDecision(json, decision);
        json.WriteEndArray();
        json.WriteStartArray("profiles");
        foreach (var profile in rules.Profiles)
            WriteProfile(json, profile);
        json.WriteEndArray();
        WriteHook(json, "egress", rules.Egress);
        WriteHook(json, "ingress", rules.Ingress);
        WriteHook(json, "egressToNode", rules.EgressToNode);
        json.WriteEndObject();
    }

    private static void WriteDecision(Utf8JsonWriter json, Decision decision)
    {
        json.WriteStartObject();
        json.WriteString("id", decision.Id.ToString());
        json.WriteString("direction", decision.Direction.ToString().ToLowerInvariant());
        MatrixJson.WriteDecisionFields(json, decision);
        json.WriteBoolean("logged", decision.IsLogged);
        json.WriteEndObject();
    }

    private static void WriteProfile(Utf8JsonWriter json, PortProfile profile)
    {
        json.WriteStartObject();
        json.WriteString("id", profile.Id.ToString());
        json.WriteStartArray("ports");
        foreach (var cell in profile.Cells)
        {
            json.WriteStartObject();
            json.WriteString("protocol", cell.Protocol.Name());
            json.WriteNumber("first", cell.Ports.First);
            json.WriteNumber("last", cell.Ports.Last);
            json.WriteString("decision", cell.Decision.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("otherwise", profile.Otherwise.ToString());
        json.WriteEndObject();
    }

    private static void WriteHook(Utf8JsonWriter json, string name, HookRules hook)
    {
        json.WriteStartObject(name);
        Array(json, "rest", hook.Rest, r => WritePair("subject", r.Subject, "profile", r.Profile));
        Array(json, "self", hook.Self, r => WritePair("subject", r.Subject, "profile", r.Profile));
        Array(json, "peers", hook.Peers, p => WritePair("address", p.Address, "class", p.Class));
        Array(json, "networks", hook.Networks, n => WritePair("range", n.Range, "class", n.Class));
        Array(json, "cells", hook.Cells, c =>
        {
            json.WriteStartObject();
            json.WriteString("class", c.Class.ToString());
            json.WriteString("subject", c.Subject.ToString());
            json.WriteString("profile", c.Profile.ToString());
            json.WriteEndObject();
        });
        json.WriteEndObject();

        void WritePair<TKey, TValue>(string keyName, TKey key, string valueName, TValue value)
            where TKey : struct
            where TValue : struct
        {
            json.WriteStartObject();
            json.WriteString(keyName, key.ToString());
            json.WriteString(valueName, value.ToString());
            json.WriteEndObject();
        }
    }

    private static void Array<T>(Utf8JsonWriter json, string name, ValueArray<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
            write(item);
        json.WriteEndArray();
    }
}
