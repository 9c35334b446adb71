namespace NetPol.Nftables;

/// <summary>How a base chain of type filter is hooked: a lower priority comes earlier. Its policy is always accept.</summary>
public readonly record struct BaseChain(BaseHook Hook, int Priority)
{
    /// <summary>The priority that nft calls <c>filter</c>: after destination translation, before source translation.</summary>
    public const int FilterPriority = 0;

    /// <summary>What nft calls <c>filter</c> in tables of <see cref="TableFamily.Bridge"/>: before br_netfilter hands packets of frames to the other families.</summary>
    public const int BridgeFilterPriority = -200;
}
