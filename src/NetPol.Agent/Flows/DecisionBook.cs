using NetPol.Model.Rules;

namespace NetPol.Agent.Flows;

/// <summary>Finds decisions by the names that the kernel tells, also of the rules before the latest: their packets may still be on the way. Not for use by two threads at once.</summary>
/// <param name="current">What is enforced; null before the first rules of this run.</param>
internal sealed class DecisionBook(Func<NodeRuleSet?> current)
{
    private NodeRuleSet? _latest;
    private NodeRuleSet? _before;

    /// <summary>Null for one that nothing is known of.</summary>
    public Decision? Find(DecisionId id)
    {
        var now = current();
        if (!ReferenceEquals(now, _latest))
            (_before, _latest) = (_latest, now);
        return Find(_latest, id) ?? Find(_before, id);
    }

    private static Decision? Find(NodeRuleSet? rules, DecisionId id)
    {
        if (rules is null)
            return null;
        var sorted = rules.Decisions.Span;
        int low = 0, high = sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = sorted[middle].Id.CompareTo(id);
            if (order == 0)
                return sorted[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }
}
