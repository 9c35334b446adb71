using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Rendering;

namespace NetPol.Agent.Enforcing;

/// <summary>
/// Puts updates into the kernel, each whole or not at all. Until the first snapshot what an earlier run left in the kernel is enforced as it
/// is; a snapshot changes only what differs. Not for use by two threads at once.
/// </summary>
internal sealed class Enforcer(string node, INftables nftables, ILogger log)
{
    private NodeRuleSet? _rules;

    /// <summary>What is enforced; null before the first snapshot of this run.</summary>
    public NodeRuleSet? Rules => Volatile.Read(ref _rules);

    /// <returns>The number of kernel operations.</returns>
    /// <exception cref="ProtocolException">The update is not one that can be enforced; nothing has changed.</exception>
    /// <exception cref="NftablesException">The kernel refused it; nothing has changed.</exception>
    public int Apply(UpdateHead head, NodeRuleSetDelta change)
    {
        var rules = After(head, change);
        var operations = head.IsSnapshot ? Reconcile(rules) : Advance(change, rules);
        Volatile.Write(ref _rules, rules);
        return operations;
    }

    private NodeRuleSet After(UpdateHead head, NodeRuleSetDelta change)
    {
        var before = head.IsSnapshot ? NodeRuleSet.EmptyFor(node) : _rules ?? throw new ProtocolException("a difference came before a snapshot");
        try
        {
            var rules = change.Apply(before);
            if (RuleSetIntegrity.Fault(rules) is { } fault)
                throw new ProtocolException(fault);
            return rules;
        }
        catch (InvalidOperationException error)
        {
            throw new ProtocolException($"the update does not fit: {error.Message}");
        }
    }

    private int Advance(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        var transaction = Renderer.Render(change);
        try
        {
            nftables.Commit(transaction);
            return transaction.Operations.Count;
        }
        catch (NftablesException refused)
        {
            Log.Drifted(log, refused.Message);
            return Reconcile(rules);
        }
    }

    private int Reconcile(NodeRuleSet rules)
    {
        var transaction = TableDiff.Between(nftables.Read(Renderer.TableName), Renderer.Render(rules));
        nftables.Commit(transaction);
        return transaction.Operations.Count;
    }
}
