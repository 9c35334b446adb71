using Google.Protobuf;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol.Inspections;

/// <summary>Questions and answers on the wire.</summary>
public static class WireInspections
{
    /// <param name="node">The node that is asked.</param>
    /// <param name="connection">After the destination was translated.</param>
    /// <param name="toNode">Whether the destination is the node itself.</param>
    public static Question Write(string node, Connection connection, bool toNode) => new()
    {
        Node = node,
        Source = ByteString.CopyFrom(connection.Source.ToBytes()),
        Destination = ByteString.CopyFrom(connection.Destination.ToBytes()),
        Protocol = (byte)connection.Protocol,
        Port = connection.Port,
        ToNode = toNode,
    };

    public static Answer Write(Inspection inspection)
    {
        var answer = new Answer { Passes = inspection.Passes };
        answer.Steps.AddRange(inspection.Steps);
        answer.Counts.AddRange(inspection.Counts.Select(c => new Wire.Count
        {
            DecisionHigh = WireId.High(c.Decision?.Value ?? 0),
            DecisionLow = WireId.Low(c.Decision?.Value ?? 0),
            Text = c.Text,
            Connections = c.Connections,
            Bytes = c.Bytes,
        }));
        return answer;
    }

    /// <exception cref="ProtocolException">It is no connection.</exception>
    public static Connection Read(Question question)
    {
        var (source, destination) = (DeltaBuilder.Address(question.Source), DeltaBuilder.Address(question.Destination));
        if (source.Family != destination.Family)
            throw new ProtocolException($"a packet from {source} to {destination} cannot be");
        if (question.Port > ushort.MaxValue || question.Protocol > byte.MaxValue)
            throw new ProtocolException($"protocol {question.Protocol}, port {question.Port} cannot be");
        return new(source, destination, (Model.Protocol)(byte)question.Protocol, (ushort)question.Port);
    }

    /// <exception cref="ProtocolException">The node could not tell.</exception>
    public static Inspection Read(Answer answer) => answer.Error.Length > 0
        ? throw new ProtocolException(answer.Error)
        : new(
            answer.Passes,
            answer.Steps.ToValueArray(),
            answer.Counts.Select(Read).ToValueArray());

    private static Inspection.Count Read(Wire.Count count)
    {
        var id = WireId.Join(count.DecisionHigh, count.DecisionLow);
        return new(id == 0 ? null : new DecisionId(id), count.Text, count.Connections, count.Bytes);
    }
}
