using System.Buffers.Text;
using System.Text;

namespace NetPol.Fuzz.Tests;

/// <summary>Tokens with the claims of an agent's. Anybody can make them: the signature is none.</summary>
internal static class UnsignedTokens
{
    public static string Make(string id) => string.Join('.', new[]
    {
        """{"alg":"RS256","kid":"k"}""",
        $$"""{"aud":["netpol"],"iss":"https://kubernetes.default.svc","jti":"{{id}}","sub":"system:serviceaccount:netpol-system:netpol-agent"}""",
        "signature",
    }.Select(part => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part))));
}
