using Grpc.Core;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Security;
using NetPol.Testing.ApiServer;

namespace NetPol.Controller.Tests.Security;

[TestClass, TestCategory("Unit")]
public sealed class TokenPrecheckTests
{
    private const string Header = """{"alg":"RS256","kid":"k"}""";
    private const string Times = "\"exp\":1000003600,\"nbf\":1000000000";
    private static readonly ControllerOptions Options = new();
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000);

    [TestMethod]
    [DataRow(Header, DisplayName = "as API servers sign")]
    [DataRow("""{"alg":"ES256","kid":"k"}""", DisplayName = "with a key of an elliptic curve")]
    [DataRow("""{"alg":"ES512"}""", DisplayName = "without the name of a key")]
    [DataRow("""{"alg":"RS256","typ":"JWT","kid":"k","x":[1]}""", DisplayName = "with what a later API server may add")]
    public void A_token_as_API_servers_make_it_may_be_good(string header) => Assert.IsNull(Fault(header, Claims()));

    [TestMethod]
    [DataRow(""" "aud":"netpol", """, DisplayName = "one audience, no list of them")]
    [DataRow(""" "aud":["vault","netpol"], """, DisplayName = "several audiences")]
    [DataRow(""" "aud":["netpol"],"exp":1000003600,"iat":1000000000,"jti":"x","nbf":1000000000,"kubernetes.io":{"namespace":"netpol-system","node":{"name":"n1","uid":"n"},"warnafter":1}, """, DisplayName = "claims of Kubernetes 1.37")]
    [DataRow(""" "aud":["netpol"],"exp":999999800,"nbf":999990000, """, DisplayName = "past its time by less than clocks may differ")]
    public void Claims_that_an_honest_token_may_have_are_not_refused(string claims) =>
        Assert.IsNull(Fault(Header, $$"""{ {{claims}} "iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:netpol-system:netpol-observer"}"""));

    [TestMethod]
    [DataRow("""{"alg":"none"}""")]
    [DataRow("""{"alg":"nOnE"}""")]
    [DataRow("""{"alg":"HS256"}""")]
    [DataRow("""{"alg":5}""")]
    [DataRow("{}")]
    [DataRow("[]")]
    [DataRow("")]
    public void A_header_that_no_API_server_writes_is_refused(string header) => Assert.AreEqual(StatusCode.Unauthenticated, Fault(header, Claims()));

    [TestMethod]
    [DataRow("""{"aud":["vault"],"iss":"i","sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "another audience")]
    [DataRow("""{"iss":"i","sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "no audience")]
    [DataRow("""{"aud":[["netpol"]],"iss":"i","sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "a list as an audience")]
    [DataRow("""{"aud":["netpol"],"sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "no issuer")]
    [DataRow("""{"aud":["netpol"],"iss":"i","exp":900000000,"sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "past its time")]
    [DataRow("""{"aud":["netpol"],"iss":"i","exp":1e300,"sub":"system:serviceaccount:netpol-system:default"}""", StatusCode.PermissionDenied, DisplayName = "an end far off")]
    [DataRow("""{"aud":["netpol"],"iss":"i","exp":"soon","sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "a time that is none")]
    [DataRow("""{"aud":["netpol"],"iss":"i","nbf":1100000000,"sub":"system:serviceaccount:netpol-system:netpol-agent"}""", StatusCode.Unauthenticated, DisplayName = "not valid yet")]
    [DataRow("""{"aud":["netpol"],"iss":"i","sub":"system:serviceaccount:other:netpol-agent"}""", StatusCode.PermissionDenied, DisplayName = "another namespace")]
    [DataRow("""{"aud":["netpol"],"iss":"i","sub":"system:serviceaccount:netpol-system:default"}""", StatusCode.PermissionDenied, DisplayName = "another account")]
    [DataRow("""{"aud":["netpol"],"iss":"i"}""", StatusCode.PermissionDenied, DisplayName = "no subject")]
    [DataRow("[[[[[[[[[[[[[[]]]]]]]]]]]]]]", StatusCode.Unauthenticated, DisplayName = "deep")]
    [DataRow("null", StatusCode.Unauthenticated, DisplayName = "nothing")]
    public void Claims_of_a_token_that_is_not_for_us_are_refused(string claims, StatusCode expected) => Assert.AreEqual(expected, Fault(Header, claims));

    [TestMethod]
    [DataRow("garbage")]
    [DataRow("")]
    [DataRow(".")]
    [DataRow("..")]
    [DataRow("a.b.c.d")]
    [DataRow("%%%.%%%.%%%")]
    public void A_text_that_is_no_JSON_web_token_is_refused(string token) => Assert.AreEqual(StatusCode.Unauthenticated, TokenPrecheck.FindFault(token, Options, Now)?.StatusCode);

    [TestMethod]
    public void A_long_token_is_refused() => Assert.AreEqual(StatusCode.Unauthenticated, TokenPrecheck.FindFault(TestToken.Make(new('x', 9000)), Options, Now)?.StatusCode);

    private static StatusCode? Fault(string header, string claims) => TokenPrecheck.FindFault(TestToken.Of(header, claims), Options, Now)?.StatusCode;

    private static string Claims() => $$"""{"aud":["netpol"],"iss":"https://kubernetes.default.svc",{{Times}},"sub":"system:serviceaccount:netpol-system:netpol-agent"}""";
}
