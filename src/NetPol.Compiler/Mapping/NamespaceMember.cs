using NetPol.Model;

namespace NetPol.Compiler.Mapping;

/// <summary>The pods of one namespace that are judged alike over one family.</summary>
/// <param name="Namespace">Its place in the list of namespaces.</param>
/// <param name="Peer">The pods' number as peers.</param>
/// <param name="Egress">The number of their group as sources.</param>
/// <param name="Ingress">That as destinations.</param>
/// <param name="Address">The address of one of them.</param>
internal sealed record NamespaceMember(int Namespace, int Peer, int Egress, int Ingress, IpAddress Address)
{
    /// <summary>Whether there are several addresses.</summary>
    public bool AreSeveral { get; private set; }

    public void Add(IpAddress address) => AreSeveral |= address != Address;

    /// <summary>Whether there is a connection between different addresses.</summary>
    public bool Reaches(NamespaceMember other) => AreSeveral || other.AreSeveral || Address != other.Address;
}
