namespace NetPol.Agent.Flows;

/// <summary>Why something that should be in a flow record is in none. Packets, but for the last three, which lose records.</summary>
internal enum FlowLoss
{
    /// <summary>The kernel did not log it: beyond the rate of its decision.</summary>
    Rate,

    /// <summary>The kernel logged it and nobody read it in time.</summary>
    Socket,

    /// <summary>Too many flows were open at once.</summary>
    Memory,

    /// <summary>It met a decision of rules that this run does not know.</summary>
    Decision,

    /// <summary>It was no packet of IP, or what came was no packet.</summary>
    Packet,

    /// <summary>What writes the records was too slow.</summary>
    Queue,

    /// <summary>The output refused it.</summary>
    Output,

    /// <summary>The controller did not get it: there was none, or it wants fewer. Other outputs have it.</summary>
    Controller,
}
