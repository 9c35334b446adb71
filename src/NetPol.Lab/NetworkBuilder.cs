namespace NetPol.Lab;

/// <summary>Makes what a plan says, as many namespaces at a time as there are processors.</summary>
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
        // The first one alone: it also makes the folder of names when it is not there.
        _plan.NetworkNamespaces[0].Create();
        ForEach("namespaces", _plan.NetworkNamespaces, space =>
        {
            if (space != _plan.NetworkNamespaces[0])
                space.Create();
            space.Run(() =>
            {
                NamespaceSettings.Apply(space.IsRouter, _plan.HasIPv6);
                VethEnds.StartLoopback();
            });
        });

        // A link's upper side is made with the link; the lower sides, addresses included, once all links are there.
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
            // All say much the same; the first one is what went wrong.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }
}

/// <summary>The settings below <c>/proc/sys/net</c> that a namespace of the lab needs before it has links (Documentation/networking/ip-sysctl.rst).</summary>
internal static class NamespaceSettings
{
    /// <summary>To be called inside the namespace.</summary>
    public static void Apply(bool routes, bool withIPv6)
    {
        // Answers may take another way than the question; nothing is judged by where it comes from.
        Write("ipv4/conf/all/rp_filter", "0");
        Write("ipv4/conf/default/rp_filter", "0");

        // Echo requests by datagram sockets, for every group.
        Write("ipv4/ping_group_range", "0 2147483647");

        // A refusal is an answer: none may get lost to a rate limit.
        Write("ipv4/icmp_ratemask", "0");
        Write("ipv4/ip_forward", routes ? "1" : "0");
        if (!withIPv6)
            return;

        // Addresses work at once; links have none that was not given, and send nothing of their own.
        Write("ipv6/conf/all/accept_dad", "0");
        Write("ipv6/conf/default/accept_dad", "0");
        Write("ipv6/conf/default/addr_gen_mode", "1");
        Write("ipv6/conf/default/accept_ra", "0");
        Write("ipv6/conf/default/router_solicitations", "0");
        Write("ipv6/icmp/ratelimit", "0");
        Write("ipv6/conf/all/forwarding", routes ? "1" : "0");
    }

    // A write to such a file is one setting: it must come in one piece, which File.WriteAllText of an existing file gives.
    private static void Write(string setting, string value) => File.WriteAllText($"/proc/sys/net/{setting}", value);
}
