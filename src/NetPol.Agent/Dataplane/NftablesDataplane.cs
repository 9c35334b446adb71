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
/// Programs updates into the kernel, each whole or not at all. Until the first snapshot the kernel enforces the rules of an earlier run. A snapshot changes only what differs.
/// No change loses counts. Safe for any thread.
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
    private GuardEpoch _epoch;

    /// <summary>Which connections the kernel logs, and how many.</summary>
    public FlowLogSettings FlowLogSettings { get; init; } = FlowLogSettings.Default;

    /// <summary>The rules that the kernel enforces, from the commit with effect on; null before the first snapshot of this run.</summary>
    public NodeRuleSet? ProgrammedRules => Volatile.Read(ref _rules);

    /// <returns>The number of kernel operations.</returns>
    /// <exception cref="ProtocolException">The update is faulty. Nothing has changed.</exception>
    /// <exception cref="NftablesException">The kernel refused it. <see cref="ProgrammedRules"/> has the rules that are enforced now; the next resync completes the change.</exception>
    public int Apply(UpdateHeader head, NodeRuleSetDelta change)
    {
        lock (_lock)
        {
            var rules = ApplyToRules(head, change);
            var deltaOperations = head.IsSnapshot ? null : TryApplyDelta(change, rules);
            var operations = deltaOperations ?? ReconcileTable(rules);
            if (!head.IsSnapshot && deltaOperations is null)
                state.CountResync();
            // After a full comparison the difference is unknown, so observers get none.
            Notify(deltaOperations is null ? null : change);
            return operations;
        }
    }

    /// <summary>Sets the node's own network. Before the first snapshot it is only stored.</summary>
    /// <exception cref="NftablesException">The kernel refused it. The next resync completes the change.</exception>
    public void SetHostNetwork(HostNetwork host)
    {
        lock (_lock)
        {
            var change = Renderer.Render(_host, host, _epoch);
            _host = host;
            if (_rules is null || change.IsEmpty)
                return;
            try
            {
                nftables.Commit(change, () => _epoch = CommitGuard.EpochAfter(change, _epoch), _pacer);
            }
            catch (NftablesException refused)
            {
                Log.TableDrifted(log, refused.Message);
                ReconcileTable(_rules);
                state.CountResync();
            }
        }
    }

    /// <summary>
    /// Becomes the owner of the table that an earlier agent left. Its rules are programmed until the first snapshot, and from now on no other program can change them.
    /// </summary>
    /// <returns>False if another running program owns the table, so that this one cannot change it. True also if there is no table to claim.</returns>
    /// <exception cref="NftablesException">The table cannot be read, or the kernel refused.</exception>
    public bool TryClaimTable()
    {
        lock (_lock)
        {
            var ownership = nftables.Read(Renderer.TableName)?.Ownership;
            if (ownership == TableOwnership.Orphaned)
                nftables.Commit(StagedUpdate.WithoutEffect(Renderer.TableName, [new Operation.ClaimTable()]));
            return ownership != TableOwnership.Foreign;
        }
    }

    /// <summary>Folds the counters of removed decisions that no packet can reach. The sums of their series stay the same.</summary>
    /// <exception cref="NftablesException">The kernel refused it. Nothing has changed.</exception>
    public void CollectRetiredCounters()
    {
        lock (_lock)
            _retiredCounters.Collect();
    }

    /// <summary>Restores what another program changed. Does nothing before the first snapshot, because the wanted rules are unknown then.</summary>
    /// <returns>The number of kernel operations; 0 if the table is as wanted.</returns>
    /// <exception cref="NftablesException">The kernel refused it, or the table changed while it was read. The next resync completes it.</exception>
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
        var before = head.IsSnapshot ? NodeRuleSet.CreateEmpty(node) : _rules ?? throw new ProtocolException("the controller sent a difference before a snapshot");
        try
        {
            var rules = change.Apply(before);
            if (_integrity.FindViolation(before, change, rules) is { } violation)
                throw new ProtocolException(violation);
            return rules;
        }
        catch (InvalidOperationException error)
        {
            throw new ProtocolException($"the update does not fit: {error.Message}");
        }
    }

    /// <returns>Null if the table is not as the agent left it.</returns>
    private int? TryApplyDelta(NodeRuleSetDelta change, NodeRuleSet rules)
    {
        var steps = _retiredCounters.RetainCounters(Renderer.Render(change, FlowLogSettings, _epoch));
        try
        {
            nftables.Commit(steps, () => MarkProgrammed(rules, CommitGuard.EpochAfter(steps, _epoch)), _pacer);
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
        var operations = CommitDifference(actual, wanted, epoch => MarkProgrammed(rules, epoch));
        _retiredCounters.Reset(rules, wanted);
        return operations;
    }

    private void MarkProgrammed(NodeRuleSet rules, GuardEpoch epoch)
    {
        Volatile.Write(ref _rules, rules);
        _epoch = epoch;
    }

    private int CommitDifference(TableState? actual, TableState wanted, Action<GuardEpoch> programmed)
    {
        if (TableDiff.MustReplace(actual))
            return Replace(wanted, "it has no owner, and this kernel gives an owner only to new tables", programmed);
        var change = TableDiff.Between(actual, wanted);
        try
        {
            nftables.Commit(change, () => programmed(CommitGuard.EpochAfter(change, CommitGuard.EpochOf(actual))), _pacer);
            return change.Size;
        }
        catch (NftablesException refused) when (actual is not null)
        {
            // Unless another program changed the table meanwhile, the kernel would refuse the same change again.
            if (!TableDiff.Between(nftables.Read(wanted.Name), wanted).IsRemainderOf(change))
                throw;
            return Replace(wanted, refused.Message, programmed);
        }
    }

    private int Replace(TableState wanted, string reason, Action<GuardEpoch> programmed)
    {
        Log.TableReplaced(log, reason);
        var change = TableDiff.Replace(wanted, nftables.ReadCounters(wanted.Name));
        nftables.Commit(change, () => programmed(CommitGuard.EpochAfter(change, _epoch)));
        return change.Size;
    }
}

/// <summary>Reacts to changes of the programmed rules. <see cref="NftablesDataplane"/> calls it under its lock, so both methods must return at once.</summary>
internal interface IRuleSetObserver
{
    /// <summary>Called after the programmed rules changed; <see cref="NftablesDataplane.ProgrammedRules"/> has the new ones.</summary>
    /// <param name="change">The difference; null if any rule may be different.</param>
    void OnRulesProgrammed(NodeRuleSetDelta? change);

    /// <summary>
    /// Called before <see cref="OnRulesProgrammed"/> if packets crossed the node without meeting these rules: there was no table, or it had other base chains. Connections may have begun with
    /// packets that would not pass now.
    /// </summary>
    void OnRulesBypassed()
    {
    }
}
