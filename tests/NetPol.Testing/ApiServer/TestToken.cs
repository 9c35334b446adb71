using System.Buffers.Text;
using System.Text;

namespace NetPol.Testing.ApiServer;

/// <summary>Makes tokens with the claims of a service account's token in <c>netpol-system</c>. Their signature is invalid.</summary>
public static class TestToken
{
    /// <param name="id">The claim <c>jti</c>, which distinguishes tokens.</param>
    /// <param name="account">The service account.</param>
    /// <param name="audience">The claim <c>aud</c>.</param>
    public static string Make(string id, string account = "netpol-agent", string audience = "netpol") => Of(
        """{"alg":"RS256","kid":"k"}""",
        $$$"""
        {"aud":["{{{audience}}}"],"iss":"https://kubernetes.default.svc.cluster.local","jti":"{{{id}}}",
        "kubernetes.io":{"namespace":"netpol-system","pod":{"name":"netpol-agent-x","uid":"u"},"serviceaccount":{"name":"{{{account}}}","uid":"v"}},
        "sub":"system:serviceaccount:netpol-system:{{{account}}}"}
        """);

    /// <param name="header">The header in JSON.</param>
    /// <param name="claims">The claims in JSON.</param>
    public static string Of(string header, string claims) => $"{Encode(header)}.{Encode(claims)}.{Encode("signature")}";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
