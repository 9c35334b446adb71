using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Reading;
using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Objects;

/// <summary>What both ways to write endpoints share.</summary>
internal static class EndpointFields
{
    /// <summary>The host itself, one link alone, or nobody: no API server takes an endpoint with such an address.</summary>
    private static readonly Cidr[] Unreachable =
    [
        Cidr.Parse("0.0.0.0/32"), Cidr.Parse("127.0.0.0/8"), Cidr.Parse("169.254.0.0/16"), Cidr.Parse("224.0.0.0/24"),
        Cidr.Parse("::/128"), Cidr.Parse("::1/128"), Cidr.Parse("fe80::/10"), Cidr.Parse("ff02::/16"),
    ];

    /// <summary>An address; null when it is none that an endpoint may have.</summary>
    /// <param name="field">The text.</param>
    /// <param name="family">The one family that it may be of; null for either.</param>
    public static IpAddress? Address(Field field, IpFamily? family)
    {
        if (field.Text() is not { } text)
            return null;
        if (!IpAddress.TryParse(text, out var address) || (family is { } wanted && address.Family != wanted))
        {
            field.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an {Word(family)} address: write one such as {(family == IpFamily.V6 ? "fd00::7" : "192.0.2.7")}");
            return null;
        }
        if (Array.Exists(Unreachable, network => network.Contains(address)))
        {
            field.Error("invalid-address", $"{ScalarNode.Quote(text)} is not an address that every node can reach: write that of another host");
            return null;
        }
        return address;
    }

    /// <summary>The pod that <c>targetRef</c> names; null where it is missing or names something else.</summary>
    public static PodId? Pod(Fields endpoint, string place)
    {
        if (endpoint["targetRef"]?.Object() is not { } target || target["kind"]?.Text() is not "Pod" || target["name"]?.Text() is not { Length: > 0 } name)
            return null;
        return new(target["namespace"]?.Text() is { Length: > 0 } other ? other : place, name);
    }

    /// <summary>The ports, without those that have no number, or none that can be read.</summary>
    public static ValueArray<EndpointPort> Ports(Fields fields) =>
        (fields["ports"]?.Items() ?? []).Select(p => p.Object()).OfType<Fields>().Select(Port).OfType<EndpointPort>().ToValueArray();

    private static EndpointPort? Port(Fields fields)
    {
        var name = fields["name"]?.Text() ?? "";
        var protocol = PortFields.Protocol(fields);
        var number = fields["port"]?.Integer(1, ushort.MaxValue);
        fields.CloseLoosely();
        return protocol is { } known && number is { } port ? new(name, known, (ushort)port) : null;
    }

    private static string Word(IpFamily? family) => family switch
    {
        IpFamily.V4 => "IPv4",
        IpFamily.V6 => "IPv6",
        _ => "IP",
    };
}
