using NetPol.Model.Rules;

namespace NetPol.Cli.Matrices;

/// <summary>How one square of a matrix is drawn: the left sign is the source's side, the right one the destination's.</summary>
internal static class Cell
{
    public const string Allowed = "✓";
    public const string DeniedLeaving = "✗›";
    public const string DeniedArriving = "›✗";
    public const string DeniedTwice = "✗✗";
    public const string NoQuestion = "·";

    public const string Legend =
        $"{Allowed} allowed   {DeniedLeaving} denied by the source's egress   {DeniedArriving} denied by the destination's ingress   {DeniedTwice} denied by both";

    public static string Of(MatrixEntry? entry) => entry is null
        ? NoQuestion
        : (entry.Verdict.Egress.Verdict, entry.Verdict.Ingress.Verdict) switch
        {
            (Verdict.Allow, Verdict.Allow) => Allowed,
            (Verdict.Deny, Verdict.Allow) => DeniedLeaving,
            (Verdict.Allow, _) => DeniedArriving,
            _ => DeniedTwice,
        };
}
