using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Netlink;
using NetPol.Netlink.PacketLogs;
using NetPol.Protocol.Flows;
using NetPol.Rendering;

namespace NetPol.Agent.Flows;

/// <summary>Makes records of what the kernel logs. Not for use by two threads at once.</summary>
internal sealed class FlowSource(string node, LogSocket log, DecisionBook decisions, FlowMerger merger, FlowMeter meter)
{
    private long _lost;

    /// <summary>Waits for packets, and takes those that came together; false when none came.</summary>
    public bool Receive(TimeSpan timeout)
    {
        var any = TryReceive(timeout);
        meter.Lost(FlowLoss.Socket, log.Lost - _lost);
        _lost = log.Lost;
        return any;
    }

    /// <summary>The records that are complete by now: one of what was decided, and one of what audited policies would have decided where that is something else.</summary>
    public IEnumerable<FlowRecord> TakeDue() => Records(merger.TakeDue());

    /// <summary>The same of all that is open: nothing more comes.</summary>
    public IEnumerable<FlowRecord> TakeAll() => Records(merger.TakeAll());

    private bool TryReceive(TimeSpan timeout)
    {
        try
        {
            return log.Receive(timeout, Take);
        }
        catch (NetlinkFormatException)
        {
            // The next call goes on behind it.
            meter.Lost(FlowLoss.Packet, 1);
            return true;
        }
    }

    private IEnumerable<FlowRecord> Records(IEnumerable<OpenFlow> flows)
    {
        foreach (var flow in flows)
        {
            yield return Record(flow, flow.Decision.Plain, isAudited: false);
            if (flow.Decision.Audit is { } audit)
                yield return Record(flow, audit, isAudited: true);
        }
    }

    private void Take(in LoggedPacket packet)
    {
        meter.Packet();
        if (PacketHead.Read(packet.Payload) is not { } head)
            meter.Lost(FlowLoss.Packet, 1);
        else if (DecisionOf(packet.Prefix) is not { } decision)
            meter.Lost(FlowLoss.Decision, 1);
        else if (!merger.Add(Key(decision, head), decision, head.Ports?.Source))
            meter.Lost(FlowLoss.Memory, 1);
    }

    private Decision? DecisionOf(string prefix) => Names.DecisionOf(prefix) is { } id ? decisions.Find(id) : null;

    private static FlowKey Key(Decision decision, PacketHead head) => new(
        decision.Id, IpAddress.FromBytes(head.Source.GetAddressBytes()), IpAddress.FromBytes(head.Destination.GetAddressBytes()),
        head.Protocol, head.Ports?.Destination, head.Icmp?.Type);

    private FlowRecord Record(OpenFlow flow, Decision decision, bool isAudited)
    {
        meter.Record();
        return new()
        {
            FirstAt = flow.FirstAt,
            LastAt = flow.LastAt,
            Node = node,
            Decision = decision,
            IsAudited = isAudited,
            Source = new(flow.Key.Source, flow.SourcePort),
            Destination = new(flow.Key.Destination, flow.Key.Port),
            Protocol = flow.Key.Protocol,
            IcmpType = flow.Key.IcmpType,
            Count = flow.Count,
        };
    }
}
