using Google.Protobuf;
using NetPol.Model;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol.Inspections;

/// <summary>What a node says of the first packet of a connection, by the rules that are programmed there.</summary>
/// <param name="Passes">Whether nothing drops it.</param>
/// <param name="Steps">What it meets, for people.</param>
/// <param name="Counts">Who counts it, in order.</param>
public sealed record Inspection(bool Passes, ValueArray<string> Steps, ValueArray<Inspection.Count> Counts)
{
    /// <param name="Decision">The decision; null when the packet was dropped because its pod is unready.</param>
    /// <param name="Text">The decision in words; empty where the node does not know it.</param>
    /// <param name="Connections">What was counted since the counter was made.</param>
    /// <param name="Bytes">As <paramref name="Connections"/>.</param>
    public sealed record Count(DecisionId? Decision, string Text, ulong Connections, ulong Bytes);
}

/// <summary>Questions and answers on the wire.</summary>
public static class InspectionConversion
{
    /// <param name="node">The node that is asked.</param>
    /// <param name="connection">After the destination was translated.</param>
    /// <param name="toNode">Whether the destination is the node itself.</param>
    public static InspectionRequest Write(string node, Connection connection, bool toNode) => new()
    {
        Node = node,
        Source = ByteString.CopyFrom(connection.Source.ToBytes()),
        Destination = ByteString.CopyFrom(connection.Destination.ToBytes()),
        Protocol = (byte)connection.Protocol,
        Port = connection.Port,
        ToNode = toNode,
    };

    public static InspectionResponse Write(Inspection inspection)
    {
        var answer = new InspectionResponse { Passes = inspection.Passes };
        answer.Steps.AddRange(inspection.Steps);
        answer.Counts.AddRange(inspection.Counts.Select(c => new Wire.DecisionCount
        {
            DecisionHigh = IdConversion.High(c.Decision?.Value ?? 0),
            DecisionLow = IdConversion.Low(c.Decision?.Value ?? 0),
            Text = c.Text,
            Connections = c.Connections,
            Bytes = c.Bytes,
        }));
        return answer;
    }

    /// <exception cref="ProtocolException">It is no connection.</exception>
    public static Connection Read(InspectionRequest question)
    {
        var (source, destination) = (DeltaReader.ReadAddress(question.Source), DeltaReader.ReadAddress(question.Destination));
        if (source.Family != destination.Family)
            throw new ProtocolException($"a packet from {source} to {destination} cannot be");
        if (question.Port > ushort.MaxValue || question.Protocol > byte.MaxValue)
            throw new ProtocolException($"protocol {question.Protocol}, port {question.Port} cannot be");
        return new(source, destination, (NetPol.Model.Net.Protocol)(byte)question.Protocol, (ushort)question.Port);
    }

    /// <exception cref="ProtocolException">The node answered with an error.</exception>
    public static Inspection Read(InspectionResponse answer) => answer.Error.Length > 0
        ? throw new ProtocolException(answer.Error)
        : new(
            answer.Passes,
            answer.Steps.ToValueArray(),
            answer.Counts.Select(Read).ToValueArray());

    private static Inspection.Count Read(Wire.DecisionCount count)
    {
        var id = IdConversion.Join(count.DecisionHigh, count.DecisionLow);
        return new(id == 0 ? null : new DecisionId(id), count.Text, count.Connections, count.Bytes);
    }
}
