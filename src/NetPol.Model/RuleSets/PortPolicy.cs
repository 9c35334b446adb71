using NetPol.Model.Net;

namespace NetPol.Model.RuleSets;

/// <summary>
/// Maps protocol and destination port to a decision. All decisions have the same direction. The port policy refers to decisions by id, and its own id
/// is a hash of its content.
/// </summary>
public sealed record PortPolicy
{
    /// <param name="entries">Disjoint and ordered. Adjacent ranges with the same decision are merged. No entry has the decision of <paramref name="defaultDecision"/>.</param>
    /// <param name="defaultDecision">The decision for every other port and for every protocol without ports.</param>
    public PortPolicy(ValueArray<PortEntry> entries, DecisionId defaultDecision)
    {
        Entries = entries;
        Default = defaultDecision;
        Id = new(ToCanonicalText().Hash());
    }

    public PortPolicyId Id { get; }

    public ValueArray<PortEntry> Entries { get; }

    public DecisionId Default { get; }

    /// <param name="protocol">The protocol.</param>
    /// <param name="port">The destination port; ignored for a protocol without ports.</param>
    public DecisionId Decide(Protocol protocol, ushort port)
    {
        foreach (var entry in Entries)
        {
            if (entry.Protocol == protocol && entry.Ports.Contains(port))
                return entry.Decision;
        }
        return Default;
    }

    /// <summary>Returns the ports whose decision matches the filter.</summary>
    public PortSet FindPorts(Func<DecisionId, bool> isAskedFor)
    {
        var listed = Entries.Aggregate(PortSet.Nothing, (all, entry) => all.Union(PortSet.Create(entry.Protocol, entry.Ports)));
        var found = isAskedFor(Default) ? PortSet.Everything.Except(listed) : PortSet.Nothing;
        return Entries.Where(entry => isAskedFor(entry.Decision)).Aggregate(found, (all, entry) => all.Union(PortSet.Create(entry.Protocol, entry.Ports)));
    }

    private CanonicalText ToCanonicalText()
    {
        var text = new CanonicalText("profile").Add(Entries.Count);
        foreach (var entry in Entries)
            text.Add((byte)entry.Protocol).Add(entry.Ports.First).Add(entry.Ports.Last).Add(entry.Decision.ToString());
        return text.Add(Default.ToString());
    }
}

/// <summary>A port range of one protocol and its decision. Ordered by protocol number, then by ports.</summary>
public readonly record struct PortEntry(Protocol Protocol, PortRange Ports, DecisionId Decision);
