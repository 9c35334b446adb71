using System.Collections.Immutable;
using System.Net;
using NetPol.Netlink;

namespace NetPol.Lab;

/// <summary>
/// A running lab: nodes, pods and outside hosts as linked and routed network namespaces, without rules. It owns its name until it is disposed
/// or its process ends. The next lab removes what an ended process left behind. Not thread-safe, but its <see cref="LabNode"/>s are.
/// </summary>
public sealed class LabNetwork : IDisposable
{
    private readonly LabLock _lock;
    private readonly NetworkPlan _plan;
    private bool _disposed;

    private LabNetwork(LabTopology topology, string name, LabLock labLock, NetworkPlan plan)
    {
        Topology = topology;
        Name = name;
        _lock = labLock;
        _plan = plan;
        Nodes = [.. plan.Nodes.Values.Select(node => new LabNode(node))];
    }

    public string Name { get; }

    public LabTopology Topology { get; }

    /// <summary>The nodes, in the order of the topology.</summary>
    public ImmutableArray<LabNode> Nodes { get; }

    /// <summary>Canceled when another process calls <see cref="Remove"/>. The owner must then dispose the lab.</summary>
    public CancellationToken StopRequested => _lock.StopRequested;

    /// <summary>Builds the lab and opens the listeners that the pods declare. On failure it removes everything it made.</summary>
    /// <exception cref="LabException">A live process owns a lab of this name, the topology is contradictory, or this process may not make namespaces.</exception>
    public static LabNetwork Create(LabTopology topology, string labName, IProgress<LabProgress>? progress = null, CancellationToken cancel = default)
    {
        var plan = NetworkPlan.Create(topology, labName);
        LabRequirements.Require();
        var labLock = LabLock.TryTake(labName) ?? throw new LabException(
            $"lab '{labName}' is up{(LabLock.Owner(labName) is { } owner ? $", owned by process {owner}" : "")}; take it down first");
        var lab = new LabNetwork(topology, labName, labLock, plan);
        try
        {
            StaleLabs.Remove(labName);
            StaleLabs.RemoveUnowned();
            new NetworkBuilder(plan, progress, cancel).Build();
            foreach (var pod in topology.Pods.Where(pod => pod.HostNetwork))
                StaleLabs.Alias(LabNames.Pod(labName, pod.Id), plan.Pods[pod.Id].NamespaceName);
            foreach (var pod in topology.Pods)
                plan.Pods[pod.Id].Listen([.. pod.Ports.SelectMany(port => plan.Pods[pod.Id].Addresses.Select(address => (address, port)))]);
            return lab;
        }
        catch (Exception error)
        {
            lab.Dispose();
            if (error is NetlinkException { Errno: NetlinkErrno.NotPermitted } refused)
                throw new LabException($"this process may not make network namespaces ({refused.Message}); in a container, add the capabilities SYS_ADMIN and NET_ADMIN", refused);
            throw;
        }
    }

    /// <summary>Removes a lab that any process made. Asks a live owner to remove it, and waits.</summary>
    /// <returns>False when there was nothing to remove.</returns>
    /// <exception cref="LabException">The owner did not remove it within <paramref name="wait"/>.</exception>
    public static bool Remove(string labName, TimeSpan wait)
    {
        LabNames.Validate(labName);
        LabRequirements.Require();
        var wasUp = LabLock.Owner(labName);
        if (!LabLock.AskToStop(labName, wait))
            throw new LabException($"lab '{labName}' is still owned by process {wasUp} after {wait.TotalSeconds:0} s; end that process and try again");
        using var labLock = LabLock.TryTake(labName) ?? throw new LabException($"lab '{labName}' was just created again by another process");
        return StaleLabs.Remove(labName) > 0 || wasUp is not null;
    }

    /// <summary>Runs a command in a pod's network namespace, with the standard streams of this process. Any process may call it.</summary>
    /// <param name="labName">A running lab.</param>
    /// <param name="podId">A pod id of the topology. If no pod has that id: a node name or an outside address.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="cancel">Kills the command.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="LabException">The lab, the pod or the program does not exist.</exception>
    public static int Exec(string labName, string podId, IReadOnlyList<string> command, CancellationToken cancel = default)
    {
        LabNames.Validate(labName);
        LabRequirements.Require();
        return NamespaceCommand.Run(StaleLabs.Find(labName, podId), command, cancel);
    }

    public LabNode Node(string name) =>
        Nodes.FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.Ordinal)) ?? throw new LabException($"lab '{Name}' has no node {name}");

    /// <summary>Runs a function in a pod's network namespace, as <see cref="LabNode.Run{T}"/> does in a node's.</summary>
    public T RunInPod<T>(string podId, Func<T> inside) => _plan.Pods[podId].Run(inside);

    /// <summary>Opens the missing listeners, each in the namespace that owns its address.</summary>
    /// <exception cref="LabException">No namespace of this lab has the address.</exception>
    public void Listen(IEnumerable<(IPAddress Address, LabPort Port)> places)
    {
        foreach (var group in places.Distinct().GroupBy(place => OwnerOf(place.Address)
            ?? throw new LabException($"no pod, node or outside host of lab '{Name}' has the address {place.Address}")))
        {
            group.Key.Listen([.. group]);
        }
    }

    /// <summary>Closes all listeners, removes all namespaces, and releases the name.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        try
        {
            _plan.Dispose();
            StaleLabs.Remove(Name);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    internal LabNamespace? OwnerOf(IPAddress address) => _plan.Owners.GetValueOrDefault(address);
}

/// <summary>A node of a running lab.</summary>
public sealed class LabNode
{
    private readonly LabNamespace _namespace;

    internal LabNode(LabNamespace labNamespace) => _namespace = labNamespace;

    public string Name => _namespace.Id;

    /// <summary>The name of its network namespace under <c>/run/netns</c>, as <c>ip netns exec</c> expects it.</summary>
    public string NamespaceName => _namespace.NamespaceName;

    /// <summary>
    /// Runs a function on a thread inside the node's network namespace and waits for its result. Rethrows its exception. A socket opened inside stays
    /// in that namespace.
    /// </summary>
    public T Run<T>(Func<T> inside) => _namespace.Run(inside);

    /// <summary>Runs an action in the same way, without a result.</summary>
    public void Run(Action inside) => _namespace.Run(inside);
}

/// <summary>The progress of a long operation.</summary>
/// <param name="Step">The current step, such as <c>namespaces</c>, <c>links</c>, <c>probes</c>.</param>
/// <param name="Done">How many of <paramref name="Total"/> are done; never decreases within a step.</param>
/// <param name="Total">The size of the step; known from its first report.</param>
public readonly record struct LabProgress(string Step, int Done, int Total);
