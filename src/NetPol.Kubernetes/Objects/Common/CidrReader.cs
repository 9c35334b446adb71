using NetPol.Kubernetes.Documents;
using NetPol.Kubernetes.Reading;
using NetPol.Model;

namespace NetPol.Kubernetes.Objects.Common;

internal static class CidrReader
{
    /// <summary>
    /// The network; null when the text is not one, which is an error. Host bits are masked, with a warning or an error. An IPv4-mapped network is an error:
    /// engines differ in what they match with it. Its IPv4 network is returned, which is the most that it could mean.
    /// </summary>
    /// <param name="field">The text.</param>
    /// <param name="hostBits">Which API servers refuse host bits; null: none does.</param>
    /// <param name="isError">Whether host bits that API servers refuse are an error in a file. An object that a server took before it refused them has a warning.</param>
    public static Cidr? Read(Field field, string? hostBits = null, bool isError = false)
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
            field.Error("invalid-cidr", $"{ScalarNode.Quote(text)} is an IPv4-mapped network, which API servers refuse (in a NetworkPolicy {ApiServers.StrictNetworks}): write {cidr}");
        else if (IpAddress.TryParse(text[..text.IndexOf('/', StringComparison.Ordinal)], out var written) && written != cidr.Network)
            ReportHostBits(field, $"{text} has bits set after its prefix: write {cidr}, as it is read", hostBits, isError && !field.Report.IsLive);
        return cidr;
    }

    private static void ReportHostBits(Field field, string message, string? refusedBy, bool isError)
    {
        if (refusedBy is null)
            field.Warning("host-bits", message);
        else if (isError)
            field.HarmlessError("host-bits", $"{message}; {refusedBy} refuse it");
        else
            field.Refused("host-bits", message, refusedBy);
    }
}
