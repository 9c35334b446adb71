using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Rendering.Tracing;

namespace NetPol.Rendering.Tests;

/// <summary>Compares how a rendered table and a rule set judge connections.</summary>
internal sealed class TracedJudge(NodeRuleSet rules, TableState table, FlowLogging logged)
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
        if (_evaluator.Holds(connection.Source) || (!toNode && _evaluator.Holds(connection.Destination)))
        {
            Assert.AreEqual("unready", string.Join(", ", counters), $"{connection}\n{table}");
            Assert.IsFalse(passes, $"{connection}\n{table}");
            Assert.IsEmpty(logs, $"{connection}\n{table}");
            return;
        }
        var egress = _evaluator.Egress(connection);
        List<Decision> judged = [];
        if ((toNode ? rules.EgressToNode : rules.Egress).Rest.Any(r => r.Subject == connection.Source))
            judged.Add(egress);
        if (!toNode && egress.Verdict == Verdict.Allow && rules.Ingress.Rest.Any(r => r.Subject == connection.Destination))
            judged.Add(_evaluator.Ingress(connection));
        Assert.AreEqual(string.Join(", ", judged.Select(d => $"decision-{d.Id} {d}")), string.Join(", ", counters.Select(Told)), $"{connection}\n{table}");
        Assert.AreEqual(string.Join(", ", judged.Where(Logged).Select(d => $"decision-{d.Id}")), string.Join(", ", logs), $"{connection}\n{table}");
        Assert.AreEqual(judged.All(d => d.Verdict == Verdict.Allow), passes, $"{connection}\n{table}");
    }

    private bool Logged(Decision decision) => decision.IsLogged || logged == FlowLogging.All
        || (logged == FlowLogging.Denied && (decision.Verdict == Verdict.Deny || decision.Audit?.Verdict == Verdict.Deny));

    private string Told(string counter) => $"{counter} {rules.Decisions.Single(d => $"decision-{d.Id}" == counter)}";
}
