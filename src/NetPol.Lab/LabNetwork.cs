using System.Collections.Immutable;
using System.Net;
using NetPol.Netlink;

namespace NetPol.Lab;

/// <summary>
/// A running lab: nodes, pods and outside hosts as network namespaces, linked and routed, with no rules in force. It owns its name
/// until it is disposed or its process ends; what a process that ended left behind is removed when the next lab is made.
/// Not for use by two threads at once, but <see cref="LabNode"/>s are.
/// </summary>
public sealed class LabNetwork : IDisposable
{
    private readonly LabLock _lock;
    private readonly NetworkPlan _plan;
    private bool _disposed;

    private LabNetwork(LabTopology topology, string name, LabLock held, NetworkPlan plan)
    {
        Topology = topology;
        Name = name;
        _lock = held;
        _plan = plan;
        Nodes = [.. plan.Nodes.Values.Select(space => new LabNode(space))];
    }

    public string Name { get; }

    public LabTopology Topology { get; }

    /// <summary>In the topology's order.</summary>
    public ImmutableArray<LabNode> Nodes { get; }

    /// <summary>Cancelled when another process called <see cref="Remove"/>: dispose the lab then.</summary>
    public CancellationToken StopRequested => _lock.StopRequested;

    /// <summary>Makes the lab and opens the listeners that the pods declare. On failure nothing of it stays.</summary>
    /// <exception cref="LabException">A live process has a lab of this name, the topology contradicts itself, or this process may not make namespaces.</exception>
    public static LabNetwork Create(LabTopology topology, string labName, IProgress<LabProgress>? progress = null, CancellationToken cancel = default)
    {
        var plan = NetworkPlan.Create(topology, labName);
        LabRequirements.Require();
        var held = LabLock.TryTake(labName) ?? throw new LabException(
            $"lab '{labName}' is up{(LabLock.Owner(labName) is { } owner ? $", held by process {owner}" : "")}; take it down first");
        var lab = new LabNetwork(topology, labName, held, plan);
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

    /// <summary>
    /// Removes a lab, whoever made it. A live owner is asked to take it down and waited for.
    /// </summary>
    /// <returns>False when there was nothing to remove.</returns>
    /// <exception cref="LabException">The owner did not take it down within <paramref name="wait"/>.</exception>
    public static bool Remove(string labName, TimeSpan wait)
    {
        LabNames.Validate(labName);
        LabRequirements.Require();
        var wasUp = LabLock.Owner(labName);
        if (!LabLock.AskToStop(labName, wait))
            throw new LabException($"lab '{labName}' is still held by process {wasUp} after {wait.TotalSeconds:0} s; end that process and try again");
        using var held = LabLock.TryTake(labName) ?? throw new LabException($"lab '{labName}' was just made again by another process");
        return StaleLabs.Remove(labName) > 0 || wasUp is not null;
    }

    /// <summary>Runs a command in a pod's network namespace, with this process's standard streams, from any process.</summary>
    /// <param name="labName">A lab that is up.</param>
    /// <param name="podId">As in the topology; a node's name or an outside address when no pod is called so.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="cancel">Kills the command.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="LabException">No such lab, inhabitant or program.</exception>
    public static int Exec(string labName, string podId, IReadOnlyList<string> command, CancellationToken cancel = default)
    {
        LabNames.Validate(labName);
        LabRequirements.Require();
        return NamespaceCommand.Run(StaleLabs.Find(labName, podId), command, cancel);
    }

    public LabNode Node(string name) =>
        Nodes.FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.Ordinal)) ?? throw new LabException($"lab '{Name}' has no node {name}");

    /// <summary>As <see cref="LabNode.Run{T}"/>, in a pod's network namespace.</summary>
    public T RunInPod<T>(string podId, Func<T> inside) => _plan.Pods[podId].Run(inside);

    /// <summary>Opens listeners, where there are none yet, with whoever has the addresses.</summary>
    /// <exception cref="LabException">An address is nobody's in this lab.</exception>
    public void Listen(IEnumerable<(IPAddress Address, LabPort Port)> places)
    {
        foreach (var group in places.Distinct().GroupBy(place => OwnerOf(place.Address)
            ?? throw new LabException($"nobody in lab '{Name}' has the address {place.Address}")))
        {
            group.Key.Listen([.. group]);
        }
    }

    /// <summary>Closes all listeners, removes all namespaces, and gives the name free.</summary>
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
    private readonly LabNamespace _space;

    internal LabNode(LabNamespace space) => _space = space;

    public string Name => _space.Id;

    /// <summary>The name of its network namespace under <c>/run/netns</c>, as <c>ip netns exec</c> takes it.</summary>
    public string NamespaceName => _space.NamespaceName;

    /// <summary>
    /// Runs on a thread inside the node's network namespace and waits for it; what it throws is thrown here. A socket opened inside keeps to the namespace
    /// wherever it is used later.
    /// </summary>
    public T Run<T>(Func<T> inside) => _space.Run(inside);

    /// <summary>As the other one, without a result.</summary>
    public void Run(Action inside) => _space.Run(inside);
}

/// <summary>How far a long step is.</summary>
/// <param name="Step">What is being done, such as <c>namespaces</c>, <c>links</c>, <c>probes</c>.</param>
/// <param name="Done">Of <paramref name="Total"/>, never falling within one step.</param>
/// <param name="Total">Known from the first report of the step on.</param>
public readonly record struct LabProgress(string Step, int Done, int Total);
