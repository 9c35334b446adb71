namespace NetPol.Netlink.Routing;

/// <summary>
/// The settings of a tunnel device from IFLA_INFO_DATA (linux/if_link.h, linux/if_tunnel.h, linux/amt.h). A setting that the kind lacks has its default.
/// </summary>
public sealed record TunnelSettings
{
    /// <summary>The UDP port on which the device receives; 0 when it receives by an IP protocol, or when the message does not say.</summary>
    public ushort Port { get; init; }

    /// <summary>The IP protocol inside of an <c>ipip</c>, <c>sit</c> or <c>ip6tnl</c> device; 0 for all that the kind can carry, null when the message does not say.</summary>
    public byte? InnerProtocol { get; init; }

    /// <summary>Whether routes and programs choose the far end packet by packet (<c>external</c> of ip-link(8)).</summary>
    public bool CollectsMetadata { get; init; }

    /// <summary>Whether the tunnel's packets are inside of UDP (FOU or GUE).</summary>
    public bool IsInsideUdp { get; init; }

    /// <summary>The source port of FOU or GUE, or the port of an AMT gateway, where answers arrive; 0 when the kernel chooses it.</summary>
    public ushort UdpSourcePort { get; init; }

    /// <summary>The destination port of FOU or GUE, where the far end listens; 0 when there is none.</summary>
    public ushort UdpDestinationPort { get; init; }

    /// <returns>Null for a kind that is no tunnel that is known here.</returns>
    internal static TunnelSettings? Read(string kind, ReadOnlySpan<byte> data)
    {
        if (TunnelAttributes.ForKind(kind) is not { } types)
            return null;
        var settings = new TunnelSettings();
        var attributes = new AttributeReader(data);
        while (attributes.Next())
            settings = settings.With(types, attributes);
        return settings;
    }

    private TunnelSettings With(in TunnelAttributes types, AttributeReader attribute)
    {
        if (attribute.Type == types.Port)
            return this with { Port = attribute.ReadUInt16BigEndian() };
        if (attribute.Type == types.InnerProtocol)
            return this with { InnerProtocol = attribute.ReadByte() };
        if (attribute.Type == types.CollectMetadata)
            return this with { CollectsMetadata = attribute.Value.IsEmpty || attribute.Value[0] != 0 };
        if (attribute.Type == types.EncapsulationType)
            return this with { IsInsideUdp = attribute.ReadUInt16() is TunnelAttributes.Fou or TunnelAttributes.Gue };
        if (attribute.Type == types.EncapsulationSourcePort)
            return this with { UdpSourcePort = attribute.ReadUInt16BigEndian() };
        if (attribute.Type == types.EncapsulationDestinationPort)
            return this with { UdpDestinationPort = attribute.ReadUInt16BigEndian() };
        return this;
    }
}

/// <summary>Which attribute says what in IFLA_INFO_DATA of a kind of tunnel; -1 for what the kind has not.</summary>
internal readonly record struct TunnelAttributes()
{
    /// <summary>TUNNEL_ENCAP_FOU.</summary>
    public const ushort Fou = 1;

    /// <summary>TUNNEL_ENCAP_GUE.</summary>
    public const ushort Gue = 2;

    public int Port { get; private init; } = -1;

    public int InnerProtocol { get; private init; } = -1;

    public int CollectMetadata { get; private init; } = -1;

    public int EncapsulationType { get; private init; } = -1;

    public int EncapsulationSourcePort { get; private init; } = -1;

    public int EncapsulationDestinationPort { get; private init; } = -1;

    public static TunnelAttributes? ForKind(string kind) => kind switch
    {
        // IFLA_VXLAN_*
        "vxlan" => new() { Port = 15, CollectMetadata = 25 },
        // IFLA_GENEVE_*
        "geneve" => new() { Port = 5, CollectMetadata = 6 },
        // IFLA_BAREUDP_*
        "bareudp" => new() { Port = 1 },
        // IFLA_AMT_RELAY_PORT and IFLA_AMT_GATEWAY_PORT: where each of the two receives.
        "amt" => new() { Port = 2, EncapsulationSourcePort = 3 },
        // IFLA_IPTUN_*
        "ipip" or "sit" or "ip6tnl" => new()
        {
            InnerProtocol = 9,
            EncapsulationType = 15,
            EncapsulationSourcePort = 17,
            EncapsulationDestinationPort = 18,
            CollectMetadata = 19,
        },
        // IFLA_GRE_*
        "gre" or "gretap" or "erspan" or "ip6gre" or "ip6gretap" or "ip6erspan" => new()
        {
            EncapsulationType = 14,
            EncapsulationSourcePort = 16,
            EncapsulationDestinationPort = 17,
            CollectMetadata = 18,
        },
        // Their ports are fixed, or generic netlink reports them.
        "gtp" or "wireguard" => new(),
        _ => null,
    };
}
