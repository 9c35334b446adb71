using System.Collections.Immutable;
using NetPol.Netlink;

namespace NetPol.Nftables.Fake;

/// <summary>
/// nf_tables in memory, for tests: refuses what the kernel refuses, with the same errno, and commits a transaction as a whole or not at
/// all. Nothing passes through it: <see cref="AddToCounter"/> says what has. As text, all tables in nft's form.
/// </summary>
public sealed class FakeNftables(INftablesInterceptor? interceptor = null) : NftablesBackend(interceptor)
{
    private ImmutableSortedDictionary<string, FakeTable> _tables = ImmutableSortedDictionary.Create<string, FakeTable>(StringComparer.Ordinal);

    /// <summary>How many transactions were committed; empty ones do not reach the kernel and do not count.</summary>
    public int Commits { get; private set; }

    /// <summary>How many times a commit waited for packets.</summary>
    public int Waits { get; private set; }

    internal override void CommitBatch(Transaction transaction)
    {
        var tables = _tables;
        foreach (var operation in transaction.Operations)
        {
            try
            {
                tables = Apply(tables, transaction.Table, operation);
            }
            catch (RefusedException refused)
            {
                throw new NftablesException(OperationText.Describe($"inet {transaction.Table}", operation), refused.Errno, ExtendedAck.None);
            }
        }
        if (tables.TryGetValue(transaction.Table, out var table) && !table.FitsJumpStack())
            throw new NftablesException(OperationText.Describe($"inet {transaction.Table}", transaction.Operations[^1]), FakeTable.JumpStackOverflow, ExtendedAck.None);
        _tables = tables;
        Commits++;
    }

    internal override void WaitForPackets() => Waits++;

    private protected override TableState? ReadTable(string table) => _tables.GetValueOrDefault(table)?.ToState();

    private protected override IReadOnlyList<CounterValue> ReadAllCounters(string table) =>
        _tables.TryGetValue(table, out var found) ? [.. found.Counters.Values.Select(c => c.Value)] : [];

    /// <summary>Counts as if packets had met a rule with this counter, which must be there.</summary>
    public void AddToCounter(string table, string counter, ulong packets, ulong bytes) =>
        _tables = _tables.SetItem(table, _tables[table].AddToCounter(counter, packets, bytes));

    public override string ToString() => string.Concat(_tables.Values.Select(t => NftText.Write(t.ToState())));

    private static ImmutableSortedDictionary<string, FakeTable> Apply(
        ImmutableSortedDictionary<string, FakeTable> tables, string name, Operation operation)
    {
        var exists = tables.TryGetValue(name, out var table);
        if (operation is Operation.AddTable add)
            return exists ? throw new RefusedException(NetlinkErrno.Exists) : tables.Add(name, new(name, add.Comment));
        if (!exists)
            throw new RefusedException(NetlinkErrno.NoEntry);
        return operation is Operation.DeleteTable ? tables.Remove(name) : tables.SetItem(name, table!.Apply(operation));
    }
}

/// <summary>One table at one moment. Every change gives a new one, so that a transaction can be given up half-way.</summary>
internal sealed record FakeTable(string Name, string? Comment)
{
    /// <summary>EMLINK: more jumps after each other than the kernel's stack holds, or a loop.</summary>
    public const int JumpStackOverflow = 31;

    private const int MaxJumps = 16;

    public ImmutableSortedDictionary<string, CounterState> Counters { get; init; } = Empty<CounterState>();

    private ImmutableSortedDictionary<string, ChainState> Chains { get; init; } = Empty<ChainState>();

    private ImmutableSortedDictionary<string, FakeSet> Sets { get; init; } = Empty<FakeSet>();

    public TableState ToState() => new(Name, Comment, Counters.Values.Select(c => c.Counter), Sets.Values.Select(s => s.ToState()), Chains.Values);

    public FakeTable Apply(Operation operation) => operation switch
    {
        Operation.WakeTable or Operation.ClaimTable => this,
        Operation.AddCounter add => this with { Counters = Create(Counters, add.Counter.Name, new(add.Counter, add.Packets, add.Bytes)) },
        Operation.DeleteCounter delete => DeleteCounter(delete.Name),
        Operation.AddChain { Chain: var chain } => this with { Chains = Create(Chains, chain.Name, new(chain)) },
        Operation.DeleteChain delete => DeleteChain(delete.Name),
        Operation.FlushChain flush => this with { Chains = Chains.SetItem(flush.Name, new(Find(Chains, flush.Name).Chain)) },
        Operation.AddRule add => AddRule(add.Chain, add.Rule),
        Operation.AddSet { Set: var set } => this with { Sets = Create(Sets, set.Name, new(set)) },
        Operation.DeleteSet delete => DeleteSet(delete.Set.Name),
        Operation.FlushSet flush => this with { Sets = Sets.SetItem(flush.Name, new(Find(Sets, flush.Name).Set)) },
        Operation.AddElements add => AddElements(add.Set, add.Elements),
        Operation.DeleteElements delete => this with { Sets = Sets.SetItem(delete.Set.Name, FindLike(delete.Set).Remove(delete.Elements)) },
        _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
    };

    public FakeTable AddToCounter(string counter, ulong packets, ulong bytes)
    {
        var before = Counters[counter];
        return this with { Counters = Counters.SetItem(counter, before with { Packets = before.Packets + packets, Bytes = before.Bytes + bytes }) };
    }

    /// <summary>Whether no way from a base chain is longer than the kernel's jump stack.</summary>
    public bool FitsJumpStack()
    {
        var reached = Chains.Values.Where(c => c.Chain.Base is not null).Select(c => c.Chain.Name).ToHashSet(StringComparer.Ordinal);
        for (var depth = 0; depth < MaxJumps; depth++)
        {
            reached = reached.SelectMany(Targets).ToHashSet(StringComparer.Ordinal);
            if (reached.Count == 0)
                return true;
        }
        return false;
    }

    private static ImmutableSortedDictionary<string, T> Empty<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, T> Create<T>(ImmutableSortedDictionary<string, T> objects, string name, T value) =>
        objects.ContainsKey(name) ? throw new RefusedException(NetlinkErrno.Exists) : objects.Add(name, value);

    private static T Find<T>(ImmutableSortedDictionary<string, T> objects, string name) =>
        objects.TryGetValue(name, out var found) ? found : throw new RefusedException(NetlinkErrno.NoEntry);

    private static bool Same(string? left, string right) => string.Equals(left, right, StringComparison.Ordinal);

    private FakeSet FindLike(Set set)
    {
        var found = Find(Sets, set.Name);
        return found.Set.IsEquivalentTo(set) ? found : throw new RefusedException(NetlinkErrno.Invalid);
    }

    private FakeTable DeleteCounter(string name)
    {
        Find(Counters, name);
        RefuseIfBusy(AllStatements().Any(s => s is Statement.NamedCounter count && Same(count.Counter, name)));
        return this with { Counters = Counters.Remove(name) };
    }

    private FakeTable DeleteSet(string name)
    {
        Find(Sets, name);
        RefuseIfBusy(AllStatements().Any(s => s is Statement.Lookup inSet ? Same(inSet.Set, name) : s is Statement.VerdictMap map && Same(map.Map, name)));
        return this with { Sets = Sets.Remove(name) };
    }

    private FakeTable DeleteChain(string name)
    {
        Find(Chains, name);
        var others = this with { Chains = Chains.Remove(name) };
        RefuseIfBusy(others.AllStatements().Any(s => s is Statement.Verdict decide && Same(decide.Value.Chain, name)) ||
            Sets.Values.Any(s => s.HasVerdictTo(name)));
        return others;
    }

    private FakeTable AddRule(string chain, Rule rule)
    {
        var state = Find(Chains, chain);
        foreach (var statement in rule.Statements)
            Check(statement);
        return this with { Chains = Chains.SetItem(chain, new(state.Chain, state.Rules.Append(rule))) };
    }

    private FakeTable AddElements(Set set, ElementList elements)
    {
        var found = FindLike(set);
        foreach (var element in elements)
        {
            if (set.IsVerdictMap != (element.Verdict.Code != VerdictCode.None))
                throw new RefusedException(NetlinkErrno.Invalid);
            Check(element.Verdict);
        }
        return this with { Sets = Sets.SetItem(set.Name, found.Add(elements)) };
    }

    private void Check(Statement statement)
    {
        switch (statement)
        {
            case Statement.NamedCounter count:
                Find(Counters, count.Counter);
                break;
            case Statement.Verdict decide:
                Check(decide.Value);
                break;
            case Statement.Lookup inSet:
                CheckLookup(inSet.Key, Find(Sets, inSet.Set).Set, forVerdict: false);
                break;
            case Statement.VerdictMap map:
                CheckLookup(map.Key, Find(Sets, map.Map).Set, forVerdict: true);
                break;
        }
    }

    private void Check(PacketVerdict verdict)
    {
        if (verdict.Chain is { } target && Find(Chains, target).Chain.Base is not null)
            throw new RefusedException(NetlinkErrno.NotSupported);
    }

    private static void CheckLookup(LookupKey key, Set set, bool forVerdict)
    {
        if ((forVerdict && !set.IsVerdictMap) || set.Key != key.Type)
            throw new RefusedException(NetlinkErrno.Invalid);
    }

    private static void RefuseIfBusy(bool busy)
    {
        if (busy)
            throw new RefusedException(NetlinkErrno.Busy);
    }

    private IEnumerable<Statement> AllStatements() => Chains.Values.SelectMany(c => c.Rules).SelectMany(r => r.Statements);

    private IEnumerable<string> Targets(string chain) => Chains[chain].Rules.SelectMany(r => r.Statements).SelectMany(s => s switch
    {
        Statement.Verdict { Value.Chain: { } target } => [target],
        Statement.VerdictMap map => Sets[map.Map].Targets(),
        _ => [],
    });
}

/// <summary>A set with its elements at one moment.</summary>
internal sealed record FakeSet(Set Set)
{
    private ImmutableSortedDictionary<ElementKey, Element> Elements { get; init; } = ImmutableSortedDictionary<ElementKey, Element>.Empty;

    public SetState ToState() => new(Set, ElementList.Create(Elements.Values));

    public bool HasVerdictTo(string chain) => Elements.Values.Any(e => string.Equals(e.Verdict.Chain, chain, StringComparison.Ordinal));

    public IEnumerable<string> Targets() => Elements.Values.Select(e => e.Verdict.Chain).OfType<string>().Distinct(StringComparer.Ordinal);

    public FakeSet Add(ElementList added)
    {
        var elements = Elements.ToBuilder();
        foreach (var element in added)
        {
            if (element.First != element.Last && !Set.IsInterval)
                throw new RefusedException(NetlinkErrno.Invalid);
            if (elements.ContainsKey(element.First) || (Set.IsInterval && elements.Values.Any(e => Overlap(e, element))))
                throw new RefusedException(NetlinkErrno.Exists);
            elements.Add(element.First, element);
        }
        if (Set.Size != 0 && elements.Count > Set.Size)
            throw new RefusedException(NetlinkErrno.TooManyElements);
        return this with { Elements = elements.ToImmutable() };
    }

    public FakeSet Remove(ElementList removed)
    {
        var elements = Elements.ToBuilder();
        foreach (var element in removed)
        {
            if (!elements.TryGetValue(element.First, out var found) || found.Last != element.Last)
                throw new RefusedException(NetlinkErrno.NoEntry);
            elements.Remove(element.First);
        }
        return this with { Elements = elements.ToImmutable() };
    }

    private bool Overlap(Element left, Element right)
    {
        var (leftFirst, leftLast, rightFirst, rightLast) =
            (Set.Key.Values(left.First), Set.Key.Values(left.Last), Set.Key.Values(right.First), Set.Key.Values(right.Last));
        return leftFirst.First <= rightLast.First && rightFirst.First <= leftLast.First &&
            leftFirst.Second <= rightLast.Second && rightFirst.Second <= leftLast.Second;
    }
}

/// <summary>An operation breaks a rule of the kernel's; becomes an <see cref="NftablesException"/> where the operation is known.</summary>
internal sealed class RefusedException(int errno) : Exception
{
    public int Errno { get; } = errno;
}
