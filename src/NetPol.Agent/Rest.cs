namespace NetPol.Agent;

/// <summary>How long those rest who work whenever something happens: nine times as long as the work took, so that it costs a tenth of a core and no more.</summary>
internal static class Rest
{
    private const int Factor = 9;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static TimeSpan After(TimeSpan work) => work * Factor < Longest ? work * Factor : Longest;
}
