using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>Reads Deployment, ReplicaSet, StatefulSet, DaemonSet, Job and CronJob.</summary>
internal sealed class WorkloadReader(string kind, string apiVersion) : IObjectReader<Workload>
{
    /// <summary>More pods of one workload than this are a slip of the pen, or a test of our memory.</summary>
    private const int MaxReplicas = 10_000;

    public ResourceType Type { get; } = new(kind, apiVersion, IsNamespaced: true);

    /// <summary>Null for a workload without a template.</summary>
    public Workload? Read(ObjectHeader header)
    {
        header.Body.Ignore("status");
        var spec = header.Body.Required("spec", "write spec with template")?.Object();
        var workload = spec is null ? null : Read(header, spec);
        header.Body.RejectUnknown();
        return workload;
    }

    private static Workload? Read(ObjectHeader header, ObjectNode spec)
    {
        if (string.Equals(header.Kind, "CronJob", StringComparison.Ordinal))
        {
            var suspended = spec["suspend"]?.Boolean() ?? false;
            var job = spec.Required("jobTemplate", "write jobTemplate")?.Object();
            job?.Ignore("metadata");
            var workload = job?.Required("spec", "write spec with template")?.Object() is { } jobSpec ? ReadTemplate(header, jobSpec, ReadParallelism(jobSpec, suspended)) : null;
            spec.WarnOnTypos();
            return workload;
        }
        var replicas = spec["replicas"];
        int? count = header.Kind switch
        {
            "DaemonSet" => null,
            "Job" => ReadParallelism(spec, spec["suspend"]?.Boolean() ?? false),
            _ => replicas?.Integer(0, MaxReplicas) ?? 1,
        };
        return ReadTemplate(header, spec, count, header.Kind is "DaemonSet" or "Job" || replicas is not null);
    }

    private static int ReadParallelism(ObjectNode spec, bool suspended)
    {
        var parallelism = spec["parallelism"]?.Integer(0, MaxReplicas) ?? 1;
        return suspended ? 0 : parallelism;
    }

    private static Workload? ReadTemplate(ObjectHeader header, ObjectNode spec, int? replicas, bool isScaled = true)
    {
        var template = spec.Required("template", "write the pods' template")?.Object();
        var metadata = template?["metadata"]?.Object();
        var labels = MetadataReader.ReadLabels(metadata?["labels"]);
        var podSpec = PodSpec.Read(template?["spec"]);
        template?.RejectUnknown();
        CheckSelector(spec, labels);
        var ordinal = spec["ordinals"]?.Object()?["start"]?.Integer(0, int.MaxValue - MaxReplicas) ?? 0;
        var isIndexed = spec["completionMode"]?.Text() is "Indexed";
        spec.WarnOnTypos();
        return template is null ? null : new(header.Kind, new(header.Namespace, header.Name), header.Owners, replicas, labels, podSpec)
        {
            IsScaled = isScaled,
            FirstOrdinal = ordinal,
            IsIndexed = isIndexed,
        };
    }

    private static void CheckSelector(ObjectNode spec, Labels labels)
    {
        if (spec["selector"] is not { } field)
            return;
        var faults = field.Report.FaultCount;
        var selector = SelectorReader.Read(field);
        if (field.Report.FaultCount == faults && !selector.Matches(labels))
            field.Error("selector-mismatch", $"it selects {selector}, but the template's labels are {(labels.Pairs.IsEmpty ? "none" : labels)}: make them agree");
    }
}

/// <summary>An object that a controller turns into pods.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Id">Namespace and name.</param>
/// <param name="Owners">Kind and name of its owners.</param>
/// <param name="Replicas">How many pods; null: one on every node.</param>
/// <param name="Labels">The labels of its pods in the template, without those that the controller adds.</param>
/// <param name="Spec">The spec of its pods.</param>
internal sealed record Workload(
    string Kind, PodId Id, ValueArray<(string Kind, string Name)> Owners, int? Replicas, Labels Labels, PodSpec Spec)
{
    /// <summary>Whether the manifest has a number of pods. Without one, apply does not change the number of a running workload.</summary>
    public bool IsScaled { get; init; } = true;

    /// <summary>The number of a StatefulSet's first pod.</summary>
    public int FirstOrdinal { get; init; }

    /// <summary>Whether each pod of a Job has an index.</summary>
    public bool IsIndexed { get; init; }

    public bool IsStateful => string.Equals(Kind, "StatefulSet", StringComparison.Ordinal);
}
