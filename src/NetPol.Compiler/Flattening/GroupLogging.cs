using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Flattening;

/// <summary>The flow record requests for the decisions of a policy set, by the namespaces of its subjects or by the deciding policies.</summary>
/// <param name="namespaces">The request of the subjects' namespaces.</param>
/// <param name="policies">The policies that select the subjects.</param>
internal sealed class GroupLogging(FlowLogging namespaces, Policy[] policies)
{
    private readonly Dictionary<PolicyId, FlowLogging> _asking = policies.Where(p => p.Logging != FlowLogging.None).ToDictionary(p => p.Id, p => p.Logging);

    /// <summary>Whether any flow record is requested.</summary>
    public bool Any => namespaces != FlowLogging.None || _asking.Count > 0;

    public bool Logs(Decision decision)
    {
        var least = decision.Verdict == Verdict.Deny ? FlowLogging.Denied : FlowLogging.All;
        return namespaces >= least || (decision.Policy is { } policy && Asks(policy)) || decision.IsolatedBy.Any(Asks);

        bool Asks(PolicyId id) => _asking.GetValueOrDefault(id) >= least;
    }
}
