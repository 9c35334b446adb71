namespace NetPol.Lab.Wiring;

/// <summary>The settings below <c>/proc/sys/net</c> that a namespace of the lab needs before it has links (Documentation/networking/ip-sysctl.rst).</summary>
internal static class SpaceSettings
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
