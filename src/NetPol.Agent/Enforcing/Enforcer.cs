using NetPol.Agent.Counting;
using NetPol.Agent.Streaming;
using NetPol.Model.Rules;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Rendering;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Enforcing;

/// <summary>
/// Puts updates into the kernel, each whole or not at all. Until the first snapshot what an earlier run left in the kernel is enforced as it
/// is; a snapshot changes only what differs. What was counted is never lost, whatever changes. Safe for any thread.
/// </summary>
internal sealed class Enforcer(string node, INftables nftables, AgentState state, TimeProvider time, ILogger log, IEnumerable<IRuleSetObserver>? observers = null)
{
    private readonly Lock _lock = new();
    private readonly CounterLedger _ledger = new(nftables, time);
    private readonly CommitPacer _pacer = new(time, Thread.Sleep);
    private readonly RuleSetIntegrity _integrity = new();
    private readonly IRuleSetObserver[] _observers = [.. observers ?? []];
    private NodeRuleSet? _rules;
    private HostNetwork _host = HostNetwork.Unknown;

    /// <summary>What is logged besides.</summary>
    public FlowLogSettings Logs { get; init; } = FlowLogSettings.Default;

    /// <summary>What is enforced, from the moment that packets are judged by it; null before the first snapshot of this run.</summary>
    public NodeRuleSet? Rules => Volatile.Read(ref _rules);

    /// <returns>The number of kernel operations.</returns>
    /// <exception cref="ProtocolException">The update is not one that can be enforced; nothing has changed.</exception>
    /// <exception cref="NftablesException">The kernel refused it, and <see cref="Rules"/> says what is enforced now; what is left of it the next repair does.</exception>
    public int Apply(UpdateHead head, NodeRuleSetDelta change)
    {
        lock (_lock)
        {
            var rules = After(head, change);
            var advanced = head.IsSnapshot ? null : Advance(change, rules);
            var operations = advanced ?? Reconcile(rules);
            if (!head.IsSnapshot && advanced is null)
                state.Repaired();
            // Where all was compared, whatever was let through meanwhile is let through no more.
            Notify(advanced is null ? null : change);
            return operations;
        }
    }

    /// <summary>Says what the node's own network is now. Before the first snapshot it is remembered only.</summary>
    /// <exception cref="NftablesException">The kernel refused it; the next repair does what is left.</exception>
    public void SetHost(HostNetwork host)
    {
        lock (_lock)
        {
            var change = Renderer.Render(_host, host);
            _host = host;
            if (_rules is null || change.IsEmpty)
                return;
            try
            {
                nftables.Commit(change);
            }
            catch (NftablesException refused)
            {
                Log.Drifted(log, refused.Message);
                Reconcile(_rules);
                state.Repaired();
            }
        }
    }

    /// <summary>Takes counters of gone decisions out of the kernel, those in which nothing is counted any more; what they counted stays there.</summary>
    /// <exception cref="NftablesException">The kernel refused it; nothing has changed.</exception>
    public void FoldCounters()
    {
        lock (_lock)
            _ledger.Fold();
    }

    /// <summary>Puts right what somebody else changed. Before the first snapshot nobody knows what is right, and nothing is done.</summary>
    /// <returns>The number of kernel operations; 0 when everything is as it should be.</returns>
    /// <exception cref="NftablesException">The kernel refused it, or the table changed while it was read; the next repair does what is left.</exception>
    public int Repair()
    {
        lock (_lock)
        {
            if (_rules is null)
                return 0;
            var operations = Repaired(_rules);
            if (operations == 0)
                return 0;
            state.Repaired();
            Notify(null);
            return operations;
        }
    }

    private void Notify(NodeRuleSetDelta? change) => Array.ForEach(_observers, o => o.RulesChanged(change));

    private int Repaired(NodeRuleSet rules)
    {
        try
        {
            var operations = Reconcile(rules);
            state.RepairEnded(trouble: null);
            return operations;
        }
        catch (NetlinkException refused)
        {
            state.RepairEnded(refused.Message);
            throw;
        }
    }

    private NodeRuleSet After(UpdateHead head, NodeRuleSetDelta change)
    {
        var before = head.IsSnapshot ? NodeRuleSet.EmptyFor(node) : _rules ?? throw new ProtocolException("a difference came before a snapshot");
        try
        {
            var rules = change.Apply(before);
            if (_integrity.Fault(before, change, rules) is { } fault)
                throw new ProtocolException(fault);
            return rules;
        }
        catch (InvalidOperationException error)
        {
            throw new ProtocolException($"the update does not fit: {error.Message}");
        }
    }

    /// <returns>Null when the table is not as it was left.</returns>
    private int? Advance(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        var steps = _ledger.Keep(Renderer.Render(change, Logs));
        try
        {
            nftables.Commit(steps, () => Volatile.Write(ref _rules, rules), _pacer);
            _ledger.Advance(change.Decisions);
            return steps.Size;
        }
        catch (NftablesException refused)
        {
            Log.Drifted(log, refused.Message);
            return null;
        }
    }

    private int Reconcile(NodeRuleSet rules)
    {
        var actual = nftables.Read(Renderer.TableName);
        var wanted = CountKeeping.Keep(actual, Renderer.Render(rules, Logs, _host));
        if (!TableDiff.HasBaseChains(actual, wanted))
            Array.ForEach(_observers, o => o.RulesBypassed());
        var operations = Change(actual, wanted, () => Volatile.Write(ref _rules, rules));
        _ledger.Reset(rules, wanted);
        return operations;
    }

    private int Change(TableState? actual, TableState wanted, Action inForce)
    {
        var change = TableDiff.Between(actual, wanted);
        try
        {
            nftables.Commit(change, inForce, _pacer);
        }
        catch (NftablesException refused) when (actual is not null)
        {
            // Unless somebody changed it meanwhile, the kernel would refuse the same for ever.
            if (!TableDiff.Between(nftables.Read(wanted.Name), wanted).IsWhatIsLeftOf(change))
                throw;
            Log.Replaced(log, refused.Message);
            change = TableDiff.Replacing(wanted, nftables.ReadCounters(wanted.Name));
            nftables.Commit(change, inForce);
        }
        return change.Size;
    }
}
