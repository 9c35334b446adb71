using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;

namespace NetPol.Kubernetes.Policies;

internal static class CidrReader
{
    /// <summary>Null when it is not one, which is reported. Host bits are worth a warning.</summary>
    public static Cidr? Read(Field field)
    {
        if (field.Text() is not { } text)
            return null;
        if (!Cidr.TryParse(text, out var cidr))
        {
            var advice = IpAddress.TryParse(text, out var address) ? $"write {text}/{address.Bits} for this address alone" : "write one such as 10.0.0.0/8 or fd00::/8";
            field.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is not a CIDR: {advice}");
            return null;
        }
        if (IpAddress.TryParse(text[..text.IndexOf('/', StringComparison.Ordinal)], out var written) && written != cidr.Network)
            field.Warning("host-bits", $"{text} has bits set after its prefix: it means {cidr}");
        return cidr;
    }
}
