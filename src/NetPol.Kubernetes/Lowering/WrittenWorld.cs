using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Services;
using NetPol.Kubernetes.Workloads;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lowering;

/// <summary>The objects as they are read, each with its header.</summary>
internal sealed class WrittenWorld
{
    private readonly Dictionary<(string Kind, string Id), SourceLocation> _seen = [];

    public List<LoadedObject> Objects { get; } = [];

    public List<(ObjectHeader Header, Namespace Value)> Namespaces { get; } = [];

    public List<(ObjectHeader Header, Node Value)> Nodes { get; } = [];

    public List<(ObjectHeader Header, Pod Value)> Pods { get; } = [];

    public List<(ObjectHeader Header, Workload Value)> Workloads { get; } = [];

    public List<(ObjectHeader Header, Policy Value)> Policies { get; } = [];

    /// <summary>The addresses of a pod's node, as the pod's status tells.</summary>
    public Dictionary<PodId, ValueArray<IpAddress>> HostAddresses { get; } = [];

    /// <summary>They are passed over too: nothing is judged by them.</summary>
    public List<Service> Services { get; } = [];

    /// <summary>As the Services.</summary>
    public List<ServiceEndpoints> Endpoints { get; } = [];

    /// <summary>Whether objects of a cluster are among them.</summary>
    public bool IsCluster { get; set; }

    public Suppressions Suppressions { get; } = new();

    public SortedDictionary<string, int> PassedOver { get; } = new(StringComparer.Ordinal);

    /// <summary>False when there is one of this kind and name already, which is reported.</summary>
    public bool Register(ObjectHeader header)
    {
        if (_seen.TryAdd((header.Kind, header.Id), header.Location))
        {
            AnnotationReader.ReadIgnored(header, Suppressions);
            Objects.Add(new(header.Kind, header.Id, header.Location));
            return true;
        }
        header.Body.Self.Error("duplicate-object", $"it is there twice, first at {_seen[(header.Kind, header.Id)]}: keep one of the two");
        return false;
    }
}
