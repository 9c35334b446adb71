using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;

namespace NetPol.Controller.Pages;

/// <summary>The page itself, which holds no data, and what a browser may do with it: run this script, and ask where it came from.</summary>
internal sealed class PageDocument
{
    private const string Placeholder = "{{command}}";

    public PageDocument(ControllerOptions options)
    {
        using var resource = typeof(PageDocument).Assembly.GetManifestResourceStream("page.html")
            ?? throw new InvalidOperationException("the page is not in the assembly");
        using var reader = new StreamReader(resource);
        var command = $"kubectl -n {options.Namespace} create token {options.ObserverServiceAccount} --audience {options.TokenAudience}";
        Html = reader.ReadToEnd().Replace(Placeholder, HtmlEncoder.Default.Encode(command), StringComparison.Ordinal);
        ContentSecurityPolicy =
            $"default-src 'none'; script-src {Hash("script")}; style-src {Hash("style")}; connect-src 'self'; img-src data:; " +
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
    }

    public string Html { get; }

    public string ContentSecurityPolicy { get; }

    private string Hash(string element)
    {
        var first = Html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var content = Html[first..Html.IndexOf($"</{element}>", first, StringComparison.Ordinal)];
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}'";
    }
}
