using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering.Tracing;

namespace NetPol.Rendering.Tests;

/// <summary>Compares how a rendered table and a rule set evaluate connections.</summary>
internal sealed class TracedEvaluator(NodeRuleSet rules, TableState table, FlowLogging logged)
{
    private readonly RuleSetEvaluator _evaluator = new(rules);
    private readonly PacketTracer _tracer = new(new TableStateView(table));

    /// <summary>Fails unless packets and rule set come to the same decisions, each packet counted once a side, and logged where it should be.</summary>
    public void AssertAgreement(Connection connection)
    {
        // What the node itself sends crosses no hook of ours.
        if (rules.NodeAddresses.Contains(connection.Source))
            return;
        var toNode = rules.NodeAddresses.Contains(connection.Destination);
        var (passes, _, counters, logs) = _tracer.Trace(toNode ? "input" : "forward", connection);
        if (_evaluator.IsUnready(connection.Source) || (!toNode && _evaluator.IsUnready(connection.Destination)))
        {
            Assert.AreEqual("unready", string.Join(", ", counters), $"{connection}\n{table}");
            Assert.IsFalse(passes, $"{connection}\n{table}");
            Assert.IsEmpty(logs, $"{connection}\n{table}");
            return;
        }
        var egress = _evaluator.EvaluatePodEgress(connection);
        List<Decision> evaluated = [];
        if ((toNode ? rules.PodToHost : rules.PodEgress).Defaults.Any(r => r.Subject == connection.Source))
            evaluated.Add(egress);
        if (!toNode && egress.Verdict == Verdict.Allow && rules.PodIngress.Defaults.Any(r => r.Subject == connection.Destination))
            evaluated.Add(_evaluator.EvaluatePodIngress(connection));
        Assert.AreEqual(string.Join(", ", evaluated.Select(d => $"decision-{d.Id} {d}")), string.Join(", ", counters.Select(Describe)), $"{connection}\n{table}");
        Assert.AreEqual(string.Join(", ", evaluated.Where(Logged).Select(d => $"decision-{d.Id}")), string.Join(", ", logs), $"{connection}\n{table}");
        Assert.AreEqual(evaluated.All(d => d.Verdict == Verdict.Allow), passes, $"{connection}\n{table}");
    }

    private bool Logged(Decision decision) => decision.IsLogged || logged == FlowLogging.All
        || (logged == FlowLogging.Denied && (decision.Verdict == Verdict.Deny || decision.Audit?.Verdict == Verdict.Deny));

    private string Describe(string counter) => $"{counter} {rules.Decisions.Single(d => $"decision-{d.Id}" == counter)}";
}
