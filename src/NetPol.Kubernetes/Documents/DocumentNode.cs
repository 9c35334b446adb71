namespace NetPol.Kubernetes.Documents;

/// <summary>A node of a document, whatever syntax it was written in. Aliases make several parents share one node.</summary>
internal abstract class DocumentNode(int line)
{
    /// <summary>Where it starts, from 1; 0 when the document has no lines.</summary>
    public int Line { get; } = line;

    /// <summary>The number of nodes that a walk from here visits, this one included: shared nodes count each time.</summary>
    public abstract long Size { get; }

    /// <summary>What it is, for a message: <c>a list</c>, <c>the number 80</c>.</summary>
    public abstract string Describe();
}
