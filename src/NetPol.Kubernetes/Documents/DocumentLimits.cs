namespace NetPol.Kubernetes.Documents;

/// <summary>How much of an input is read before it is refused, so that a hostile one costs little.</summary>
/// <param name="Characters">Of one file or of standard input.</param>
/// <param name="Depth">Nested lists and objects.</param>
/// <param name="AliasedNodes">Values that the aliases of one document stand for.</param>
internal sealed record DocumentLimits(int Characters = 256 << 20, int Depth = 100, int AliasedNodes = 100_000)
{
    public static DocumentLimits Default { get; } = new();
}
