using NetPol.Cli.CommandLine;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Compiler.Explaining;
using NetPol.Model;

namespace NetPol.Cli.Services;

/// <summary>What holds alike for some of the pods behind a Service.</summary>
/// <param name="Port">The port of the pods.</param>
/// <param name="Pods">At least one, by id.</param>
/// <param name="Explanation">That of the first.</param>
internal sealed record ServiceAnswer(ProbePort Port, ValueArray<Endpoint> Pods, Explanation Explanation)
{
    /// <summary>What the nodes of that one do; null where none was asked.</summary>
    public IReadOnlyList<NodeCheck>? Checks { get; init; }

    /// <summary>Pods on the same port for which the same is decided by the same rules are one answer.</summary>
    public static IReadOnlyList<ServiceAnswer> Group(IEnumerable<ServiceTarget> targets, Func<ServiceTarget, Explanation> explain) =>
        [.. targets.Select(t => (Target: t, Explanation: explain(t)))
            .GroupBy(t => (t.Target.Port, t.Explanation.Egress.Decision.Plain, t.Explanation.Ingress.Decision.Plain))
            .Select(g => new ServiceAnswer(g.Key.Port, g.Select(t => t.Target.Pod).ToValueArray(), g.First().Explanation))];
}
