using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Flattening;

/// <summary>Of which decisions about the subjects of a group a flow record is asked for: by their namespaces, or by the policies that decide.</summary>
/// <param name="namespaces">What the subjects' namespaces ask for.</param>
/// <param name="policies">The policies that select the subjects.</param>
internal sealed class GroupLogging(FlowLogging namespaces, Policy[] policies)
{
    private readonly Dictionary<PolicyId, FlowLogging> _asking = policies.Where(p => p.Logging != FlowLogging.None).ToDictionary(p => p.Id, p => p.Logging);

    /// <summary>Whether a record of anything is asked for.</summary>
    public bool Any => namespaces != FlowLogging.None || _asking.Count > 0;

    public bool Logs(Decision decision)
    {
        var least = decision.Verdict == Verdict.Deny ? FlowLogging.Denied : FlowLogging.All;
        return namespaces >= least || (decision.Policy is { } policy && Asks(policy)) || decision.IsolatedBy.Any(Asks);

        bool Asks(PolicyId id) => _asking.GetValueOrDefault(id) >= least;
    }
}
