using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Indexing;

/// <summary>A node that can run pods.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Its own addresses, those that its agent reports among them, sorted, each once; empty when there is no such Node object.</param>
/// <param name="PodNetworks">Its networks of pods, sorted; disjoint.</param>
/// <param name="Subjects">The addresses of the pods that it runs and that are subjects there, sorted, each once.</param>
/// <param name="Labels">Its labels; null when there is no such Node object.</param>
internal sealed record LocalNode(string Name, ValueArray<IpAddress> Addresses, ValueArray<Cidr> PodNetworks, IpAddress[] Subjects, Labels? Labels)
{
    /// <summary>What its selectable pods may send from besides their own addresses, sorted.</summary>
    public ValueArray<GrantedSource> GrantedSources { get; init; } = [];
}
