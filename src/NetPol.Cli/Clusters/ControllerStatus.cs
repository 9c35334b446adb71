using NetPol.Protocol.State;

namespace NetPol.Cli.Clusters;

/// <summary>A controller, and how long ago it said so.</summary>
internal sealed record ControllerStatus(string Name, ReplicaReport Report, TimeSpan Age)
{
    public bool IsFresh => Age <= ReplicaReport.Fresh;
}
