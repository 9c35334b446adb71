using NetPol.Kubernetes.Reading;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>What every object has.</summary>
/// <param name="Kind">One of the kinds that are read.</param>
/// <param name="Namespace">Empty for a cluster-scoped kind; <c>default</c> when none is written.</param>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Owners">Kind and name of each of <c>ownerReferences</c>.</param>
/// <param name="Body">The object's fields, <c>apiVersion</c>, <c>kind</c> and <c>metadata</c> read already.</param>
internal sealed record ObjectHeader(
    string Kind, string Namespace, string Name, Labels Labels, ValueArray<(string Kind, string Name)> Owners, Fields Body)
{
    /// <summary><c>metadata.annotations</c>, unread.</summary>
    public Field? Annotations { get; init; }

    /// <summary>Whether <c>metadata.deletionTimestamp</c> is set.</summary>
    public bool IsBeingDeleted { get; init; }

    public Report Report => Body.Report;

    public SourceLocation Location => Report.Location(Body.Self.Line);

    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped kind.</summary>
    public string Id => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
