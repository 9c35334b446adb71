using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Deployment, ReplicaSet, StatefulSet, DaemonSet, Job and CronJob.</summary>
internal sealed class WorkloadReader(string kind, string apiVersion) : IObjectReader<Workload>
{
    /// <summary>More pods of one workload than this are a slip of the pen, or a test of our memory.</summary>
    private const int MostReplicas = 10_000;

    public ResourceType Type { get; } = new(kind, apiVersion, IsNamespaced: true);

    /// <summary>Null for a workload without a template.</summary>
    public Workload? Read(ObjectHeader header)
    {
        header.Body.Ignore("status");
        var spec = header.Body.Required("spec", "write spec with template")?.Object();
        var workload = spec is null ? null : Read(header, spec);
        header.Body.Close();
        return workload;
    }

    private static Workload? Read(ObjectHeader header, Fields spec)
    {
        if (string.Equals(header.Kind, "CronJob", StringComparison.Ordinal))
        {
            var suspended = spec["suspend"]?.Flag() ?? false;
            var job = spec.Required("jobTemplate", "write jobTemplate")?.Object();
            job?.Ignore("metadata");
            var workload = job?.Required("spec", "write spec with template")?.Object() is { } jobSpec ? Template(header, jobSpec, Parallelism(jobSpec, suspended)) : null;
            spec.CloseLoosely();
            return workload;
        }
        var replicas = spec["replicas"];
        int? count = header.Kind switch
        {
            "DaemonSet" => null,
            "Job" => Parallelism(spec, spec["suspend"]?.Flag() ?? false),
            _ => replicas?.Integer(0, MostReplicas) ?? 1,
        };
        return Template(header, spec, count, header.Kind is "DaemonSet" or "Job" || replicas is not null);
    }

    private static int Parallelism(Fields spec, bool suspended)
    {
        var parallelism = spec["parallelism"]?.Integer(0, MostReplicas) ?? 1;
        return suspended ? 0 : parallelism;
    }

    private static Workload? Template(ObjectHeader header, Fields spec, int? replicas, bool isScaled = true)
    {
        var template = spec.Required("template", "write the pods' template")?.Object();
        var metadata = template?["metadata"]?.Object();
        var labels = MetadataReader.Labels(metadata?["labels"]);
        var podSpec = PodSpec.Read(template?["spec"]);
        template?.Close();
        CheckSelector(spec, labels);
        var ordinal = spec["ordinals"]?.Object()?["start"]?.Integer(0, int.MaxValue - MostReplicas) ?? 0;
        var isIndexed = spec["completionMode"]?.Text() is "Indexed";
        spec.CloseLoosely();
        return template is null ? null : new(header.Kind, new(header.Namespace, header.Name), header.Owners, replicas, labels, podSpec)
        {
            IsScaled = isScaled,
            FirstOrdinal = ordinal,
            IsIndexed = isIndexed,
        };
    }

    private static void CheckSelector(Fields spec, Labels labels)
    {
        if (spec["selector"] is not { } field)
            return;
        var faults = field.Report.Faults;
        var selector = SelectorReader.Read(field);
        if (field.Report.Faults == faults && !selector.Matches(labels))
            field.Error("selector-mismatch", $"it selects {selector}, but the template's labels are {(labels.Pairs.IsEmpty ? "none" : labels)}: make them agree");
    }
}
