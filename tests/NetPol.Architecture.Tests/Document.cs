using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

/// <summary>What a Markdown file links to and can be linked by. Fenced code is left out.</summary>
/// <param name="Links">The targets of links and images, as written.</param>
/// <param name="Anchors">The anchors of its headings, as GitHub and docfx make them.</param>
/// <param name="Paths">The paths of this repository in code spans: <c>`build/image OUT.tar`</c> names <c>build/image</c>.</param>
internal sealed partial record Document(IReadOnlyList<string> Links, IReadOnlyList<string> Anchors, IReadOnlyList<string> Paths)
{
    public static Document Read(string path)
    {
        var links = new List<string>();
        var anchors = new List<string>();
        var paths = new List<string>();
        var isFenced = false;
        foreach (var line in SourceTree.Lines(path))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
                isFenced = !isFenced;
            if (isFenced)
                continue;
            links.AddRange(Link().Matches(line).Select(m => m.Groups["target"].Value));
            paths.AddRange(OwnPath().Matches(line).Select(m => m.Groups["path"].Value));
            if (Heading().Match(line) is not { Success: true } heading)
                continue;
            var anchor = Anchor(heading.Groups["text"].Value);
            var twins = anchors.Count(a => string.Equals(a, anchor, StringComparison.Ordinal));
            anchors.Add(twins == 0 ? anchor : $"{anchor}-{twins}");
        }
        return new(links, anchors, paths);
    }

    public static string Anchor(string heading) => NotInAnchor().Replace(Link().Replace(heading, m => m.Groups["text"].Value).ToLowerInvariant(), "").Trim().Replace(' ', '-');

    [GeneratedRegex(@"\[(?<text>[^\]]*)\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6} (?<text>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"`(\./)?(?<path>(\.ci|\.github|build|crds|docs|manifests|policy-samples|src|tests)/[\w./-]*\w/?)(?=[ `])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnPath();
}
