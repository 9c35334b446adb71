namespace NetPol.Kubernetes.Reading;

/// <summary>Names the API servers that refuse something, for <see cref="Report.Refused"/>.</summary>
internal static class ApiServers
{
    /// <summary>Servers that validate networks strictly (StrictIPCIDRValidation).</summary>
    public const string StrictNetworks = "Kubernetes 1.36 and later";

    /// <summary>Servers with a definition of ClusterNetworkPolicy that takes no host bits.</summary>
    public const string MaskedNetworks = "definitions of network-policy-api 0.3.0 and later";

    /// <summary>Every server that has the definition of the kind.</summary>
    public const string Definitions = "all definitions of the kind up to v1beta1";

    /// <summary>kubectl asks the server to refuse fields that it does not know.</summary>
    public const string StrictFields = "kubectl and API servers up to 1.37 with strict field validation";

    /// <summary>Every server, once it has dropped the field that it does not know.</summary>
    public const string All = "API servers up to Kubernetes 1.37";
}
