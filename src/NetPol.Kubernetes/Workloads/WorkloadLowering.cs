using NetPol.Kubernetes.Lowering;
using NetPol.Kubernetes.Reading;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Workloads;

/// <summary>Reads Deployment, ReplicaSet, StatefulSet, DaemonSet, Job and CronJob.</summary>
internal static class WorkloadLowering
{
    /// <summary>More pods of one workload than this are a slip of the pen, or a test of our memory.</summary>
    private const int MostReplicas = 10_000;

    public static void Lower(ObjectHeader header, WrittenWorld world)
    {
        header.Body.Ignore("status");
        var spec = header.Body.Required("spec", "write spec with template")?.Object();
        if (spec is not null)
            Read(header, spec, world);
        header.Body.Close();
    }

    private static void Read(ObjectHeader header, Fields spec, WrittenWorld world)
    {
        if (string.Equals(header.Kind, "CronJob", StringComparison.Ordinal))
        {
            var suspended = spec["suspend"]?.Flag() ?? false;
            var job = spec.Required("jobTemplate", "write jobTemplate")?.Object();
            job?.Ignore("metadata");
            if (job?.Required("spec", "write spec with template")?.Object() is { } jobSpec)
                Add(header, jobSpec, Parallelism(jobSpec, suspended), world);
            spec.CloseLoosely();
            return;
        }
        var replicas = spec["replicas"];
        int? count = header.Kind switch
        {
            "DaemonSet" => null,
            "Job" => Parallelism(spec, spec["suspend"]?.Flag() ?? false),
            _ => replicas?.Integer(0, MostReplicas) ?? 1,
        };
        Add(header, spec, count, world, header.Kind is "DaemonSet" or "Job" || replicas is not null);
    }

    private static int Parallelism(Fields spec, bool suspended)
    {
        var parallelism = spec["parallelism"]?.Integer(0, MostReplicas) ?? 1;
        return suspended ? 0 : parallelism;
    }

    private static void Add(ObjectHeader header, Fields spec, int? replicas, WrittenWorld world, bool isScaled = true)
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
        if (template is null)
            return;
        world.Workloads.Add((header, new(header.Kind, new(header.Namespace, header.Name), header.Owners, replicas, labels, podSpec)
        {
            IsScaled = isScaled,
            FirstOrdinal = ordinal,
            IsIndexed = isIndexed,
        }));
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
