using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;

namespace NetPol.Kubernetes.Policies;

internal static class CidrReader
{
    /// <summary>
    /// The network; null when the text is not one, which is an error. Host bits are masked, with a warning or an error. An IPv4-mapped network is an error:
    /// engines differ in what they match with it. Its IPv4 network is returned, which is the most that it could mean.
    /// </summary>
    /// <param name="field">The text.</param>
    /// <param name="refusesHostBits">Whether an API server refuses host bits. An object that it took before it refused them has a warning.</param>
    public static Cidr? Read(Field field, bool refusesHostBits = false)
    {
        if (field.Text() is not { } text)
            return null;
        if (!Cidr.TryParse(text, out var cidr))
        {
            var advice = IpAddress.TryParse(text, out var address) ? $"write {text}/{address.Bits} for this address alone" : "write one such as 10.0.0.0/8 or fd00::/8";
            field.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is not a CIDR: {advice}");
            return null;
        }
        if (cidr.Network.Family == IpFamily.V4 && text.Contains(':', StringComparison.Ordinal))
            field.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is an IPv4-mapped network: write {cidr}");
        else if (IpAddress.TryParse(text[..text.IndexOf('/', StringComparison.Ordinal)], out var written) && written != cidr.Network)
        {
            var message = $"{text} has bits set after its prefix: it means {cidr}";
            if (refusesHostBits && !field.Report.IsLive)
                field.HarmlessError("host-bits", $"{message}, so write that");
            else
                field.Warning("host-bits", message);
        }
        return cidr;
    }
}
