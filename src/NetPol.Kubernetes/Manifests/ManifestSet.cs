using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Manifests;

/// <summary>The objects of manifests, and of a cluster beneath them, in the order read.</summary>
internal sealed class ManifestSet
{
    private readonly Dictionary<(string Kind, string Id), SourceLocation> _locations = [];

    /// <summary>Every object that policies depend on, workloads included.</summary>
    public List<LoadedObject> Objects { get; } = [];

    public List<(ObjectHeader Header, Namespace Value)> Namespaces { get; } = [];

    public List<(ObjectHeader Header, Node Value)> Nodes { get; } = [];

    public List<(ObjectHeader Header, HostedPod Value)> Pods { get; } = [];

    public List<(ObjectHeader Header, Workload Value)> Workloads { get; } = [];

    public List<(ObjectHeader Header, Policy Value)> Policies { get; } = [];

    /// <summary>No policy depends on Services, so two may have one name.</summary>
    public List<Service> Services { get; } = [];

    /// <summary>The EndpointSlices and Endpoints objects. No policy depends on them.</summary>
    public List<ServiceEndpoints> Endpoints { get; } = [];

    /// <summary>Whether objects of a cluster are among them.</summary>
    public bool IsCluster { get; set; }

    public Suppressions Suppressions { get; } = new();

    /// <summary>How many objects there are of each kind that policies do not depend on.</summary>
    public SortedDictionary<string, int> Skipped { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads an object and adds it. A second object of one kind and name is an error and is not added.</summary>
    public void Add(IObjectReader reader, ObjectNode body)
    {
        if (!reader.Type.AffectsPolicies)
        {
            AddService(reader, body);
            return;
        }
        if (MetadataReader.Read(reader.Type, body) is not { } header || !Register(header))
            return;
        switch (reader)
        {
            case IObjectReader<Namespace> namespaces:
                Add(namespaces, header, Namespaces);
                break;
            case IObjectReader<Node> nodes:
                Add(nodes, header, Nodes);
                break;
            case IObjectReader<HostedPod> pods:
                Add(pods, header, Pods);
                break;
            case IObjectReader<Workload> workloads:
                Add(workloads, header, Workloads);
                break;
            case IObjectReader<Policy> policies:
                Add(policies, header, Policies);
                break;
            default:
                throw new ArgumentException($"there is no place for a {reader.Type.Kind}", nameof(reader));
        }
    }

    /// <summary>Counts an object of a kind that policies do not depend on.</summary>
    public void Skip(string kind) => Skipped[kind] = Skipped.GetValueOrDefault(kind) + 1;

    private static void Add<T>(IObjectReader<T> reader, ObjectHeader header, List<(ObjectHeader, T)> objects)
        where T : class
    {
        if (reader.Read(header) is { } value)
            objects.Add((header, value));
    }

    private void AddService(IObjectReader reader, ObjectNode body)
    {
        Skip(reader.Type.Kind);
        var header = MetadataReader.Read(reader.Type, body);
        if (header is not null)
            body.Report.Subject = $"{header.Kind} {header.Id}";
        // Endpoints without a usable name may be those of any Service.
        if (reader is IObjectReader<ServiceEndpoints> endpoints)
            Endpoints.Add(header is null ? new(reader.Type.Kind, "", "", null, [], body.Report.Diagnostics) : endpoints.Read(header)!);
        else if (header is not null)
            Services.Add(ResourceTypes.Services.Read(header));
    }

    private bool Register(ObjectHeader header)
    {
        if (!_locations.TryAdd((header.Kind, header.Id), header.Location))
        {
            header.Body.Self.Error("duplicate-object", $"it is defined twice, first at {_locations[(header.Kind, header.Id)]}: keep one of the two");
            return false;
        }
        foreach (var code in AnnotationReader.ReadSuppressedCodes(header))
            Suppressions.Add($"{header.Kind} {header.Id}", code);
        Objects.Add(new(header.Kind, header.Id, header.Location));
        return true;
    }
}
