using System.Buffers.Text;
using System.Text;

namespace NetPol.Controller.Tests.Security;

/// <summary>Tokens with the claims of a real one, whose signature is none.</summary>
internal static class TestToken
{
    /// <param name="id">Tells tokens apart.</param>
    /// <param name="account">The service account.</param>
    /// <param name="audience">For whom it is.</param>
    public static string Make(string id, string account = "netpol-agent", string audience = "netpol") => Of(
        """{"alg":"RS256","kid":"k"}""",
        $$$"""
        {"aud":["{{{audience}}}"],"iss":"https://kubernetes.default.svc.cluster.local","jti":"{{{id}}}",
        "kubernetes.io":{"namespace":"netpol-system","pod":{"name":"netpol-agent-x","uid":"u"},"serviceaccount":{"name":"{{{account}}}","uid":"v"}},
        "sub":"system:serviceaccount:netpol-system:{{{account}}}"}
        """);

    /// <param name="header">JSON.</param>
    /// <param name="claims">JSON.</param>
    public static string Of(string header, string claims) => $"{Encode(header)}.{Encode(claims)}.{Encode("signature")}";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
