namespace NetPol.Kubernetes.Documents;

/// <summary>What a scalar means to the API server: a quoted one is always <see cref="Text"/>.</summary>
internal enum ScalarKind
{
    Text,
    Integer,
    Fraction,
    Flag,
    Null,
}
