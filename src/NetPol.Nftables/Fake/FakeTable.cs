using System.Collections.Immutable;
using NetPol.Netlink;
using NetPol.Nftables.Transactions;

namespace NetPol.Nftables.Fake;

/// <summary>One table at one moment. Every change gives a new one, so that a transaction can be given up half-way.</summary>
internal sealed record FakeTable(string Name, string? Comment)
{
    /// <summary>EMLINK: more jumps after each other than the kernel's stack holds, or a loop.</summary>
    public const int TooManyLinks = 31;

    private const int MaxJumps = 16;

    public ImmutableSortedDictionary<string, FakeCounter> Counters { get; init; } = Empty<FakeCounter>();

    private ImmutableSortedDictionary<string, ChainState> Chains { get; init; } = Empty<ChainState>();

    private ImmutableSortedDictionary<string, FakeSet> Sets { get; init; } = Empty<FakeSet>();

    public TableState ToState() => new(Name, Comment, Counters.Values.Select(c => c.Counter), Sets.Values.Select(s => s.ToState()), Chains.Values);

    public FakeTable Apply(Operation operation) => operation switch
    {
        Operation.WakeTable => this,
        Operation.AddCounter add => this with { Counters = Create(Counters, add.Counter.Name, new(add.Counter, add.Packets, add.Bytes)) },
        Operation.DeleteCounter delete => DeleteCounter(delete.Name),
        Operation.AddChain { Chain: var chain } => this with { Chains = Create(Chains, chain.Name, new(chain)) },
        Operation.DeleteChain delete => DeleteChain(delete.Name),
        Operation.FlushChain flush => this with { Chains = Chains.SetItem(flush.Name, new(Find(Chains, flush.Name).Chain)) },
        Operation.AddRule add => AddRule(add.Chain, add.Rule),
        Operation.AddSet { Set: var set } => this with { Sets = Create(Sets, set.Name, new(set)) },
        Operation.DeleteSet delete => DeleteSet(delete.Set.Name),
        Operation.AddElements add => AddElements(add.Set, add.Elements),
        Operation.DeleteElements delete => this with { Sets = Sets.SetItem(delete.Set.Name, FindLike(delete.Set).Remove(delete.Elements)) },
        _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
    };

    public FakeTable Count(string counter, ulong packets, ulong bytes)
    {
        var before = Counters[counter];
        return this with { Counters = Counters.SetItem(counter, before with { Packets = before.Packets + packets, Bytes = before.Bytes + bytes }) };
    }

    /// <summary>Whether no way from a base chain is longer than the kernel's jump stack.</summary>
    public bool IsShallow()
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
        return found.Set.WorksLike(set) ? found : throw new RefusedException(NetlinkErrno.Invalid);
    }

    private FakeTable DeleteCounter(string name)
    {
        Find(Counters, name);
        RefuseIfBusy(AllStatements().Any(s => s is Statement.Count count && Same(count.Counter, name)));
        return this with { Counters = Counters.Remove(name) };
    }

    private FakeTable DeleteSet(string name)
    {
        Find(Sets, name);
        RefuseIfBusy(AllStatements().Any(s => s is Statement.InSet inSet ? Same(inSet.Set, name) : s is Statement.VerdictMap map && Same(map.Map, name)));
        return this with { Sets = Sets.Remove(name) };
    }

    private FakeTable DeleteChain(string name)
    {
        Find(Chains, name);
        var others = this with { Chains = Chains.Remove(name) };
        RefuseIfBusy(others.AllStatements().Any(s => s is Statement.Decide decide && Same(decide.Verdict.Chain, name)) ||
            Sets.Values.Any(s => s.LeadsTo(name)));
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
            case Statement.Count count:
                Find(Counters, count.Counter);
                break;
            case Statement.Decide decide:
                Check(decide.Verdict);
                break;
            case Statement.InSet inSet:
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
        Statement.Decide { Verdict.Chain: { } target } => [target],
        Statement.VerdictMap map => Sets[map.Map].Targets(),
        _ => [],
    });
}
