namespace NetPol.Cli.Comparing;

/// <summary>A workload, or a pod of it where not all are meant.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name; a pod's own where it is one pod.</param>
/// <param name="Pods">How many pods are meant; 0 where it stands for workloads of several namespaces.</param>
internal sealed record PodTerm(string Namespace, string Name, int Pods);
