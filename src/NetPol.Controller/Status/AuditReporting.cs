using NetPol.Controller.Streaming;
using NetPol.Model.Policies;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>Puts together what the nodes counted for the policies that are audited.</summary>
internal static class AuditReporting
{
    private const int PolicyBytes = 96;
    private const int NodeBytes = 80;

    /// <param name="states">The agents that follow this replica, by node name.</param>
    /// <param name="audited">The audited policies, by id.</param>
    /// <param name="room">In bytes of JSON.</param>
    /// <returns>What there is room for, and how many policies and counts of nodes there is none for.</returns>
    public static (IReadOnlyList<AuditReport> Reports, int LeftOut) Report(IReadOnlyList<AgentState> states, IEnumerable<PolicyId> audited, int room)
    {
        var counts = states.SelectMany(s => (s.Tally?.Audits ?? []).Select(a => (a.Policy, Node: new AuditedNode(s.Node, a.Denied, a.Allowed)))).ToLookup(c => c.Policy, c => c.Node);
        var reports = new List<AuditReport>();
        var leftOut = states.Sum(s => s.Tally?.LeftOut ?? 0);
        foreach (var policy in audited)
        {
            var nodes = new List<AuditedNode>();
            var there = Fits(PolicyBytes + policy.Namespace.Length + policy.Name.Length);
            foreach (var node in counts[policy])
            {
                if (there && Fits(NodeBytes + node.Node.Length))
                    nodes.Add(node);
                else
                    leftOut++;
            }
            if (there)
                reports.Add(new(policy.Kind.ToString(), policy.Namespace, policy.Name, nodes));
            else
                leftOut++;
        }
        return (reports, leftOut);

        bool Fits(int bytes)
        {
            if (room < bytes)
                return false;
            room -= bytes;
            return true;
        }
    }
}
