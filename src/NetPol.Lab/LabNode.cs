namespace NetPol.Lab;

/// <summary>A node of a running lab.</summary>
public sealed class LabNode
{
    private readonly LabSpace _space;

    internal LabNode(LabSpace space) => _space = space;

    public string Name => _space.Id;

    /// <summary>The name of its network namespace under <c>/run/netns</c>, as <c>ip netns exec</c> takes it.</summary>
    public string NamespaceName => _space.NamespaceName;

    /// <summary>
    /// Runs on a thread inside the node's network namespace and waits for it; what it throws is thrown here. A socket opened inside keeps to the namespace
    /// wherever it is used later.
    /// </summary>
    public T Run<T>(Func<T> inside) => _space.Run(inside);

    /// <summary>As the other one, without a result.</summary>
    public void Run(Action inside) => _space.Run(inside);
}
