using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Explaining;

/// <summary>Whether a flow record of a decision is asked for.</summary>
internal static class LogReasons
{
    public static bool IsLogged(SideFacts side, Decision decision)
    {
        if (side.Judgement is Judgement.NoPod or Judgement.NoNode or Judgement.FromOwnNode or Judgement.OwnAddress)
            return false;
        var byPolicies = side.Cluster.Snapshot.Policies.Where(p => p.Id == decision.Policy || decision.IsolatedBy.Contains(p.Id)).Select(p => p.Logging);
        var byNamespaces = side.SubjectPods.Select(p => side.Cluster.Logging(p.Id.Namespace));
        return byPolicies.Concat(byNamespaces).Any(asked => decision.Verdict == Verdict.Deny ? asked != FlowLogging.None : asked == FlowLogging.All);
    }
}
