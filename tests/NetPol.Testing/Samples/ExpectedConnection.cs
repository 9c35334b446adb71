using NetPol.Model.Rules;

namespace NetPol.Testing.Samples;

/// <summary>One question and its answer; the ends as the grid writes them.</summary>
public sealed record ExpectedConnection(string From, string To, Connection Connection, Verdict Verdict)
{
    public override string ToString() => $"{From} -> {To} ({Connection})";
}
