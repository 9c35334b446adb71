using NetPol.Cli.CommandLine;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Services;

/// <summary>What holds alike for some of the endpoints of a Service.</summary>
/// <param name="Port">The port of the endpoints.</param>
/// <param name="Endpoints">At least one: pods by id, then addresses that are no pod's.</param>
/// <param name="Explanation">That of the first.</param>
internal sealed record ServiceAnswer(ProbePort Port, ValueArray<Endpoint> Endpoints, Explanation Explanation)
{
    /// <summary>What the nodes of that one do; null where none was asked.</summary>
    public IReadOnlyList<NodeCheck>? Checks { get; init; }

    /// <summary>Endpoints on the same port for which the same is decided by the same rules are one answer.</summary>
    public static IReadOnlyList<ServiceAnswer> Group(IEnumerable<ServiceTarget> targets, Func<ServiceTarget, Explanation> explain) =>
        [.. targets.Select(t => (Target: t, Explanation: explain(t)))
            .GroupBy(t => (t.Target.Port, Side(t.Explanation.Egress), Side(t.Explanation.Ingress)))
            .Select(g => new ServiceAnswer(g.Key.Port, g.Select(t => t.Target.Endpoint).ToValueArray(), g.First().Explanation))];

    private static (Judgement Judgement, Decision Decision) Side(SideExplanation side) => (side.Judgement, side.Decision.Plain);
}
