using NetPol.Agent.Counters;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Model.RuleSets;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;
using NetPol.Rendering;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Puts updates into the kernel, each whole or not at all. Until the first snapshot what an earlier run left in the kernel is enforced as it
/// is; a snapshot changes only what differs. What was counted is never lost, whatever changes. Safe for any thread.
/// </summary>
internal sealed class NftablesDataplane(string node, INftables nftables, AgentStatus state, TimeProvider time, ILogger log, IEnumerable<IRuleSetObserver>? observers = null)
{
    private readonly Lock _lock = new();
    private readonly RetiredCounters _retiredCounters = new(nftables, time);
    private readonly CommitPacer _pacer = new(time, Thread.Sleep);
    private readonly RuleSetIntegrity _integrity = new();
    private readonly IRuleSetObserver[] _observers = [.. observers ?? []];
    private NodeRuleSet? _rules;
    private HostNetwork _host = HostNetwork.Unknown;

    /// <summary>What is logged besides.</summary>
    public FlowLogSettings FlowLogSettings { get; init; } = FlowLogSettings.Default;

    /// <summary>What is enforced, from the moment that packets are judged by it; null before the first snapshot of this run.</summary>
    public NodeRuleSet? ProgrammedRules => Volatile.Read(ref _rules);

    /// <returns>The number of kernel operations.</returns>
    /// <exception cref="ProtocolException">The update is not one that can be enforced; nothing has changed.</exception>
    /// <exception cref="NftablesException">The kernel refused it, and <see cref="ProgrammedRules"/> says what is enforced now; what is left of it the next repair does.</exception>
    public int Apply(UpdateHeader head, NodeRuleSetDelta change)
    {
        lock (_lock)
        {
            var rules = ApplyToRules(head, change);
            var advanced = head.IsSnapshot ? null : TryApplyDelta(change, rules);
            var operations = advanced ?? ReconcileTable(rules);
            if (!head.IsSnapshot && advanced is null)
                state.CountResync();
            // Where all was compared, whatever was let through meanwhile is let through no more.
            Notify(advanced is null ? null : change);
            return operations;
        }
    }

    /// <summary>Says what the node's own network is now. Before the first snapshot it is remembered only.</summary>
    /// <exception cref="NftablesException">The kernel refused it; the next repair does what is left.</exception>
    public void SetHostNetwork(HostNetwork host)
    {
        lock (_lock)
        {
            var change = Renderer.Render(_host, host);
            _host = host;
            if (_rules is null || change.IsEmpty)
                return;
            try
            {
                nftables.Commit(change, pacer: _pacer);
            }
            catch (NftablesException refused)
            {
                Log.TableDrifted(log, refused.Message);
                ReconcileTable(_rules);
                state.CountResync();
            }
        }
    }

    /// <summary>Whether another running program owns the table, so that this one cannot change it.</summary>
    /// <exception cref="NftablesException">The table cannot be read.</exception>
    public bool IsTableForeign()
    {
        lock (_lock)
            return nftables.Read(Renderer.TableName) is { Ownership: TableOwnership.Foreign };
    }

    /// <summary>Takes counters of gone decisions out of the kernel, those in which nothing is counted any more; what they counted stays there.</summary>
    /// <exception cref="NftablesException">The kernel refused it; nothing has changed.</exception>
    public void CollectRetiredCounters()
    {
        lock (_lock)
            _retiredCounters.Collect();
    }

    /// <summary>Puts right what somebody else changed. Before the first snapshot nobody knows what is right, and nothing is done.</summary>
    /// <returns>The number of kernel operations; 0 when everything is as it should be.</returns>
    /// <exception cref="NftablesException">The kernel refused it, or the table changed while it was read; the next repair does what is left.</exception>
    public int Resync()
    {
        lock (_lock)
        {
            if (_rules is null)
                return 0;
            var operations = ResyncOrThrow(_rules);
            if (operations == 0)
                return 0;
            state.CountResync();
            Notify(null);
            return operations;
        }
    }

    private void Notify(NodeRuleSetDelta? change) => Array.ForEach(_observers, o => o.OnRulesProgrammed(change));

    private int ResyncOrThrow(NodeRuleSet rules)
    {
        try
        {
            var operations = ReconcileTable(rules);
            state.MarkResynced(failure: null);
            return operations;
        }
        catch (NetlinkException refused)
        {
            state.MarkResynced(refused.Message);
            throw;
        }
    }

    private NodeRuleSet ApplyToRules(UpdateHeader head, NodeRuleSetDelta change)
    {
        var before = head.IsSnapshot ? NodeRuleSet.CreateEmpty(node) : _rules ?? throw new ProtocolException("a difference came before a snapshot");
        try
        {
            var rules = change.Apply(before);
            if (_integrity.FindViolation(before, change, rules) is { } fault)
                throw new ProtocolException(fault);
            return rules;
        }
        catch (InvalidOperationException error)
        {
            throw new ProtocolException($"the update does not fit: {error.Message}");
        }
    }

    /// <returns>Null when the table is not as it was left.</returns>
    private int? TryApplyDelta(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        var steps = _retiredCounters.KeepCounts(Renderer.Render(change, FlowLogSettings));
        try
        {
            nftables.Commit(steps, () => Volatile.Write(ref _rules, rules), _pacer);
            _retiredCounters.Update(change.Decisions);
            return steps.Size;
        }
        catch (NftablesException refused)
        {
            Log.TableDrifted(log, refused.Message);
            return null;
        }
    }

    private int ReconcileTable(NodeRuleSet rules)
    {
        var actual = nftables.Read(Renderer.TableName);
        var wanted = CounterRetention.Retain(actual, Renderer.Render(rules, FlowLogSettings, _host));
        if (!TableDiff.HasBaseChains(actual, wanted))
            Array.ForEach(_observers, o => o.OnRulesBypassed());
        var operations = CommitDifference(actual, wanted, () => Volatile.Write(ref _rules, rules));
        _retiredCounters.Reset(rules, wanted);
        return operations;
    }

    private int CommitDifference(TableState? actual, TableState wanted, Action programmed)
    {
        if (TableDiff.MustReplace(actual))
            return Replace(wanted, "it has no owner, and this kernel gives an owner only to new tables", programmed);
        var change = TableDiff.Between(actual, wanted);
        try
        {
            nftables.Commit(change, programmed, _pacer);
            return change.Size;
        }
        catch (NftablesException refused) when (actual is not null)
        {
            // Unless another program changed it meanwhile, the kernel would refuse the same for ever.
            if (!TableDiff.Between(nftables.Read(wanted.Name), wanted).IsRemainderOf(change))
                throw;
            return Replace(wanted, refused.Message, programmed);
        }
    }

    private int Replace(TableState wanted, string reason, Action programmed)
    {
        Log.TableReplaced(log, reason);
        var change = TableDiff.Replace(wanted, nftables.ReadCounters(wanted.Name));
        nftables.Commit(change, programmed);
        return change.Size;
    }
}

/// <summary>Reacts to changes of the programmed rules. The enforcer calls it while it holds its lock, so both methods return at once.</summary>
internal interface IRuleSetObserver
{
    /// <summary>Other rules are programmed, as <see cref="NftablesDataplane.ProgrammedRules"/> says now.</summary>
    /// <param name="change">The difference; null when anything may be different.</param>
    void OnRulesProgrammed(NodeRuleSetDelta? change);

    /// <summary>
    /// Called before <see cref="OnRulesProgrammed"/> if packets crossed the node without meeting these rules: there was no table, or it had other base chains. Connections may have begun with
    /// packets that would not pass now.
    /// </summary>
    void OnRulesBypassed()
    {
    }
}
