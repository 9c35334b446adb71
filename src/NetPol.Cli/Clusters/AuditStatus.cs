namespace NetPol.Cli.Clusters;

/// <summary>A policy that is audited only, and the connections that it would have denied and allowed by the rules in force.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Denied">On all nodes.</param>
/// <param name="Allowed">On all nodes.</param>
/// <param name="Nodes">On how many nodes there was any.</param>
internal sealed record AuditStatus(string Kind, string Namespace, string Name, long Denied, long Allowed, int Nodes)
{
    /// <summary><c>Kind namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}
