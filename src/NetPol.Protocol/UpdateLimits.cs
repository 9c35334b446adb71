namespace NetPol.Protocol;

/// <summary>The sizes that bound updates, in bytes of the wire. They are part of the protocol (node_rules.proto).</summary>
public static class UpdateLimits
{
    /// <summary>The facts in one part. The largest message is some hundred bytes larger.</summary>
    public const int Part = 256 << 10;

    /// <summary>One message of a controller: the default of gRPC, so that a back end needs no option.</summary>
    public const int Message = 4 << 20;

    /// <summary>One fact, its pieces joined. The largest port policy, with a decision for each port of each protocol, has 6 MiB.</summary>
    public const int Fact = 16 << 20;

    /// <summary>One update, all its parts. 100,000 peers in 1,000 classes are 5 MiB.</summary>
    public const int Update = 256 << 20;
}
