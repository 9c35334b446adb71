using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;

namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Fields that every form of a port shares.</summary>
internal static class PortFields
{
    /// <summary>The field <c>protocol</c>; TCP when it is missing, null when it is none that policies know.</summary>
    public static Protocol? Protocol(Fields fields)
    {
        if (fields["protocol"] is not { } field)
            return Model.Protocol.Tcp;
        switch (field.Text())
        {
            case "TCP":
                return Model.Protocol.Tcp;
            case "UDP":
                return Model.Protocol.Udp;
            case "SCTP":
                return Model.Protocol.Sctp;
            case { } other:
                field.Error("invalid-value", $"{ScalarNode.Quote(other)} is not a protocol: write TCP, UDP or SCTP");
                return null;
            default:
                return null;
        }
    }

    /// <summary>A port's name; null when it is not one.</summary>
    public static string? Name(Field field)
    {
        if (field.Text() is not { } name)
            return null;
        if (Syntax.PortName(name) is not { } wrong)
            return name;
        field.Error("invalid-port", $"{ScalarNode.Quote(name)} is not a port's name: {wrong}");
        return null;
    }
}
