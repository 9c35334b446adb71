using NetPol.Model.Policies;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>A record as attributes of a log record: OpenTelemetry's names where there are some (semantic conventions 1.37), <c>netpol.</c> otherwise.</summary>
internal static class FlowAttributes
{
    /// <param name="record">What to write.</param>
    /// <param name="lost">What should have come since the record before, and did not.</param>
    public static IReadOnlyList<KeyValuePair<string, object?>> Of(FlowRecord record, long lost)
    {
        var attributes = new List<KeyValuePair<string, object?>>
        {
            new("k8s.node.name", record.Node),
            new("network.transport", FlowWords.Protocol(record).ToLowerInvariant()),
            new("netpol.direction", FlowWords.Direction(record)),
            new("netpol.verdict", FlowWords.Verdict(record)),
            new("netpol.tier", FlowWords.Tier(record.Decision.Tier)),
            new("netpol.start", record.FirstAt.UtcDateTime.ToString("O")),
            new("netpol.end", record.LastAt.UtcDateTime.ToString("O")),
            new("netpol.count", record.Count),
        };
        Add(attributes, "source", record.Source);
        Add(attributes, "destination", record.Destination);
        AddDecider(attributes, record);
        if (record.IcmpType is { } type)
            attributes.Add(new("netpol.icmp.type", (int)type));
        if (lost > 0)
            attributes.Add(new("netpol.lost", lost));
        return attributes;
    }

    private static void Add(List<KeyValuePair<string, object?>> attributes, string end, FlowEnd side)
    {
        attributes.Add(new($"{end}.address", side.Address.ToString()));
        if (side.Port is { } port)
            attributes.Add(new($"{end}.port", (int)port));
        if (side.Owner?.Pod is { } pod)
        {
            attributes.Add(new($"netpol.{end}.k8s.namespace.name", pod.Namespace));
            attributes.Add(new($"netpol.{end}.k8s.pod.name", pod.Name));
            foreach (var (key, value) in side.Owner.Labels.Pairs)
                attributes.Add(new($"netpol.{end}.k8s.pod.label.{key}", value));
        }
        else if (side.Owner?.Node is { } node)
        {
            attributes.Add(new($"netpol.{end}.k8s.node.name", node));
        }
    }

    private static void AddDecider(List<KeyValuePair<string, object?>> attributes, FlowRecord record)
    {
        if (record.Decision.Policy is { } policy)
        {
            attributes.Add(new("netpol.policy", policy.ToString()));
            attributes.Add(new("netpol.policy.rule", record.Decision.RuleIndex ?? 0));
            if (record.Decision.RuleName is { } name)
                attributes.Add(new("netpol.policy.rule.name", name));
        }
        if (!record.Decision.IsolatedBy.IsEmpty)
            attributes.Add(new("netpol.isolated_by", record.Decision.IsolatedBy.Select((PolicyId p) => p.ToString()).ToArray()));
    }
}
