namespace NetPol.Lab;

/// <summary>Builds the namespaces and links of a plan, as many at a time as the machine has processors.</summary>
internal sealed class NetworkBuilder
{
    private readonly NetworkPlan _plan;
    private readonly IProgress<LabProgress>? _progress;
    private readonly CancellationToken _cancel;

    public NetworkBuilder(NetworkPlan plan, IProgress<LabProgress>? progress, CancellationToken cancel)
    {
        _plan = plan;
        _progress = progress;
        _cancel = cancel;
    }

    public void Build()
    {
        // Create the first one alone: this also creates the folder of names if it is missing.
        _plan.NetworkNamespaces[0].Create();
        ForEach("namespaces", _plan.NetworkNamespaces, networkNamespace =>
        {
            if (networkNamespace != _plan.NetworkNamespaces[0])
                networkNamespace.Create();
            networkNamespace.Run(() =>
            {
                NamespaceSettings.Apply(networkNamespace.IsRouter, _plan.HasIPv6);
                VethEnds.StartLoopback();
            });
        });

        // Creating a link also sets up its upper side. Configure the lower sides, with their addresses, when all links exist.
        ForEach("links", [.. _plan.VethPairs.GroupBy(vethPair => vethPair.Upper)], vethPairs => vethPairs.Key.Run(() => VethEnds.MakeUpper(vethPairs, _plan.HasIPv6)));
        ForEach("addresses", _plan.VethPairs, vethPair => vethPair.Lower.Run(() => VethEnds.ConfigureLower(vethPair, _plan.HasIPv6)));
        ForEach("routes", _plan.VethPairs, vethPair => vethPair.Lower.Run(() => VethEnds.AwaitLower(vethPair)));
    }

    private void ForEach<T>(string step, IReadOnlyCollection<T> items, Action<T> action)
    {
        var done = 0;
        _progress?.Report(new(step, 0, items.Count));
        var options = new ParallelOptions { CancellationToken = _cancel, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.ForEach(items, options, item =>
            {
                action(item);
                _progress?.Report(new(step, Interlocked.Increment(ref done), items.Count));
            });
        }
        catch (AggregateException several)
        {
            // All failures look much the same; report the first.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }
}

/// <summary>The settings below <c>/proc/sys/net</c> that a lab namespace needs before it has links (Documentation/networking/ip-sysctl.rst).</summary>
internal static class NamespaceSettings
{
    /// <summary>Writes the settings. Call it inside the namespace.</summary>
    public static void Apply(bool routes, bool withIPv6)
    {
        // Replies may take another path than requests: do not filter packets by their source.
        Write("ipv4/conf/all/rp_filter", "0");
        Write("ipv4/conf/default/rp_filter", "0");

        // Allow echo requests on datagram sockets for every group.
        Write("ipv4/ping_group_range", "0 2147483647");

        // A refusal is an answer: no rate limit may suppress one.
        Write("ipv4/icmp_ratemask", "0");
        Write("ipv4/ip_forward", routes ? "1" : "0");
        if (!withIPv6)
            return;

        // Make addresses usable at once. Links get no automatic addresses and send no packets of their own.
        Write("ipv6/conf/all/accept_dad", "0");
        Write("ipv6/conf/default/accept_dad", "0");
        Write("ipv6/conf/default/addr_gen_mode", "1");
        Write("ipv6/conf/default/accept_ra", "0");
        Write("ipv6/conf/default/router_solicitations", "0");
        Write("ipv6/icmp/ratelimit", "0");
        Write("ipv6/conf/all/forwarding", routes ? "1" : "0");
    }

    // Such a file takes a setting in one write. File.WriteAllText writes an existing file at once.
    private static void Write(string setting, string value) => File.WriteAllText($"/proc/sys/net/{setting}", value);
}
