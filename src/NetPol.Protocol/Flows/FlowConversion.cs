using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;

namespace NetPol.Protocol.Flows;

/// <summary>Flow records on the wire.</summary>
public static class FlowConversion
{
    /// <summary>Enough for a decision of a thousand isolating policies, and a limit for programs that store records.</summary>
    private const int MaxDecisionBytes = 64 << 10;

    /// <summary>The bytes of labels that an address's owner has on the wire at most; a pod with more is sent without labels, and 256 owners fit in a message.</summary>
    private const int MaxLabelBytes = 8 << 10;

    private const int MaxOverheadBytes = 16;

    /// <summary>How large a batch is that a back end reports, or that an observer gets, at most, on the wire.</summary>
    public const int MaxBatchBytes = 256 << 10;

    /// <summary>A batch in pieces of at most <see cref="MaxBatchBytes"/>, without owners: the controller knows them. A record that is larger alone is counted as lost.</summary>
    public static IEnumerable<Wire.FlowBatch> WriteReports(FlowBatch batch) => Split(batch with
    {
        Records = [.. batch.Records.Select(r => r with { Source = r.Source with { Owner = null }, Destination = r.Destination with { Owner = null } })],
    });

    /// <summary>A batch in pieces of at most <see cref="MaxBatchBytes"/>, at least one. A record that is larger alone is counted as lost.</summary>
    public static IEnumerable<Wire.FlowBatch> Split(FlowBatch batch)
    {
        var (piece, bytes) = (new Wire.FlowBatch { Lost = (ulong)batch.Lost }, 0);
        foreach (var wire in batch.Records.Select(Write))
        {
            // The record, its tag and length; and the count of lost ones.
            var size = wire.CalculateSize() + MaxOverheadBytes;
            if (size + MaxOverheadBytes > MaxBatchBytes)
            {
                piece.Lost++;
                continue;
            }
            if (bytes + size + MaxOverheadBytes > MaxBatchBytes)
            {
                yield return piece;
                (piece, bytes) = (new(), 0);
            }
            piece.Records.Add(wire);
            bytes += size;
        }
        yield return piece;
    }

    public static Wire.FlowBatch Write(FlowBatch batch)
    {
        var wire = new Wire.FlowBatch { Lost = (ulong)batch.Lost };
        wire.Records.AddRange(batch.Records.Select(Write));
        return wire;
    }

    /// <exception cref="ProtocolException">There are too many records, or one cannot be one.</exception>
    public static FlowBatch Read(Wire.FlowBatch wire) => wire.Records.Count <= FlowBatch.MaxRecords
        ? new([.. wire.Records.Select(Read)], (long)Math.Min(wire.Lost, long.MaxValue))
        : throw new ProtocolException($"a batch has {wire.Records.Count} flow records, {FlowBatch.MaxRecords} at most are taken");

    public static Wire.Addresses Write(IEnumerable<IpAddress> addresses)
    {
        var wire = new Wire.Addresses();
        wire.Addresses_.AddRange(addresses.Select(a => ByteString.CopyFrom(a.ToBytes())));
        return wire;
    }

    /// <exception cref="ProtocolException">An address is none.</exception>
    public static IEnumerable<IpAddress> Read(Wire.Addresses wire) => wire.Addresses_.Select(DeltaReader.ReadAddress);

    /// <param name="owners">Null for an unknown owner.</param>
    public static Wire.AddressOwners Write(IEnumerable<AddressOwner?> owners)
    {
        var wire = new Wire.AddressOwners();
        wire.Owners.AddRange(owners.Select(o => o is null ? new() : Write(o)));
        return wire;
    }

    /// <summary>Returns the owners in order; null for an unknown one.</summary>
    public static IEnumerable<AddressOwner?> Read(Wire.AddressOwners wire) => wire.Owners.Select(Read);

    private static Wire.FlowRecord Write(FlowRecord record)
    {
        var wire = new Wire.FlowRecord
        {
            FirstPacketAt = Timestamp.FromDateTimeOffset(record.FirstPacketAt),
            LastPacketAt = Timestamp.FromDateTimeOffset(record.LastPacketAt),
            Node = record.Node,
            Decision = DecisionConversion.Write(record.Decision),
            Audited = record.IsAudited,
            Source = Write(record.Source),
            Destination = Write(record.Destination),
            Protocol = record.Protocol,
            Count = (ulong)record.Count,
        };
        if (record.IcmpType is { } type)
            wire.IcmpType = type;
        return wire;
    }

    private static Wire.FlowEndpoint Write(FlowEndpoint end)
    {
        var wire = new Wire.FlowEndpoint { Address = ByteString.CopyFrom(end.Address.ToBytes()), Owner = end.Owner is null ? null : Write(end.Owner) };
        if (end.Port is { } port)
            wire.Port = port;
        return wire;
    }

    private static Wire.AddressOwner Write(AddressOwner owner)
    {
        var wire = new Wire.AddressOwner { Namespace = owner.Pod?.Namespace ?? "", Pod = owner.Pod?.Name ?? "", Node = owner.Node ?? "" };
        if (owner.Labels.Pairs.Sum(p => Encoding.UTF8.GetByteCount(p.Key) + Encoding.UTF8.GetByteCount(p.Value)) > MaxLabelBytes)
            return wire;
        foreach (var (key, value) in owner.Labels.Pairs)
            wire.Labels[key] = value;
        return wire;
    }

    private static FlowRecord Read(Wire.FlowRecord wire)
    {
        if (wire is not { FirstPacketAt: not null, LastPacketAt: not null, Decision: not null, Source: not null, Destination: not null })
            throw new ProtocolException("a flow record lacks a part");
        if (wire.Protocol > byte.MaxValue || wire.IcmpType > byte.MaxValue)
            throw new ProtocolException($"a flow record has protocol {wire.Protocol} and ICMP type {wire.IcmpType}");
        if (wire.Decision.CalculateSize() is > MaxDecisionBytes and var size)
            throw new ProtocolException($"the decision of a flow record has {size} bytes, {MaxDecisionBytes} at most are taken");
        return new()
        {
            FirstPacketAt = TimeConversion.Read(wire.FirstPacketAt),
            LastPacketAt = TimeConversion.Read(wire.LastPacketAt),
            Node = VisibleText.Escape(wire.Node),
            Decision = DecisionConversion.Read(wire.Decision),
            IsAudited = wire.Audited,
            Source = Read(wire.Source),
            Destination = Read(wire.Destination),
            Protocol = (byte)wire.Protocol,
            IcmpType = wire.HasIcmpType ? (byte)wire.IcmpType : null,
            Count = (long)Math.Min(wire.Count, long.MaxValue),
        };
    }

    private static FlowEndpoint Read(Wire.FlowEndpoint wire) => wire.Port <= ushort.MaxValue
        ? new(DeltaReader.ReadAddress(wire.Address), wire.HasPort ? (ushort)wire.Port : null, wire.Owner is null ? null : Read(wire.Owner))
        : throw new ProtocolException($"a flow record has port {wire.Port}");

    private static AddressOwner? Read(Wire.AddressOwner wire) => wire switch
    {
        { Pod: not "" } => AddressOwner.OfPod(new(wire.Namespace, wire.Pod), Labels.Create(wire.Labels)),
        { Node: not "" } => AddressOwner.OfNode(wire.Node),
        _ => null,
    };
}
