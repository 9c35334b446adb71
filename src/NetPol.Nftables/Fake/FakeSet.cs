using System.Collections.Immutable;
using NetPol.Netlink;

namespace NetPol.Nftables.Fake;

/// <summary>A set with its elements at one moment.</summary>
internal sealed record FakeSet(Set Set)
{
    private ImmutableSortedDictionary<ElementKey, Element> Elements { get; init; } = ImmutableSortedDictionary<ElementKey, Element>.Empty;

    public SetState ToState() => new(Set, ElementList.Of(Elements.Values));

    public bool LeadsTo(string chain) => Elements.Values.Any(e => string.Equals(e.Verdict.Chain, chain, StringComparison.Ordinal));

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
