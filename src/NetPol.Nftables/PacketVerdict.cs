namespace NetPol.Nftables;

/// <summary>A verdict. <paramref name="Chain"/> is where a jump or goto leads, and null for every other code.</summary>
public readonly record struct PacketVerdict(VerdictCode Code, string? Chain)
{
    public static PacketVerdict Accept { get; } = new(VerdictCode.Accept, null);

    public static PacketVerdict Drop { get; } = new(VerdictCode.Drop, null);

    public static PacketVerdict Return { get; } = new(VerdictCode.Return, null);

    public static PacketVerdict Jump(string chain) => new(VerdictCode.Jump, chain);

    public static PacketVerdict Goto(string chain) => new(VerdictCode.Goto, chain);

    /// <summary>As nft writes it: <c>goto v_1</c>.</summary>
    public override string ToString() => Code switch
    {
        VerdictCode.None => "",
        VerdictCode.Accept => "accept",
        VerdictCode.Drop => "drop",
        VerdictCode.Return => "return",
        VerdictCode.Jump => $"jump {Chain}",
        VerdictCode.Goto => $"goto {Chain}",
        _ => throw new InvalidOperationException($"unknown verdict {Code}"),
    };
}
