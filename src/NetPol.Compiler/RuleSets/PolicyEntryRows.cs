using System.Runtime.InteropServices;
using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;

namespace NetPol.Compiler.RuleSets;

/// <summary>Finds, for a peer identity, the policy sets with a policy entry, and their port policies. Reused for each enforcement point.</summary>
internal sealed class PolicyEntryRows(SequenceTrie identities, MatcherUsage use)
{
    private readonly Dictionary<int, (int Start, int Length)> _rows = [];
    private readonly List<(int PolicySet, int PortPolicy)> _policyEntries = [];
    private readonly List<int> _matchers = [];
    private readonly List<int> _some = [];
    private readonly List<int> _touched = [];
    private PolicySet?[] _policySets = [];
    private int[] _projected = [];
    private int[] _asked = [];
    private int _question;

    /// <param name="policySets">The policy sets by number. Null for a free number.</param>
    public void Reset(PolicySet?[] policySets)
    {
        _policySets = policySets;
        _rows.Clear();
        _policyEntries.Clear();
        if (_projected.Length < policySets.Length)
            (_projected, _asked) = (new int[policySets.Length * 2], new int[policySets.Length * 2]);
        Array.Fill(_projected, SequenceTrie.Root);
    }

    /// <summary>The row of an identity, ascending by policy set. Valid until the next call.</summary>
    public ReadOnlySpan<(int PolicySet, int PortPolicy)> GetRow(int peerIdentity)
    {
        ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, peerIdentity, out var known);
        if (!known)
            row = CreateRow(peerIdentity);
        return CollectionsMarshal.AsSpan(_policyEntries).Slice(row.Start, row.Length);
    }

    /// <summary>Whether an identity has the same policy entries as another one with a subset of its matchers.</summary>
    /// <remarks>Usually the first policy set differs, so this creates no row.</remarks>
    public bool HaveSameRow(int peerIdentity, int part)
    {
        identities.Read(peerIdentity, _matchers);
        identities.Read(part, _some);
        _question++;
        foreach (var matcher in _matchers)
        {
            if (_some.Contains(matcher))
                continue;
            foreach (var policySet in use.PolicySetsUsing(matcher))
            {
                if (_asked[policySet] == _question)
                    continue;
                _asked[policySet] = _question;
                var content = _policySets[policySet]!;
                if (content.PortPolicyFor(content.Project(_matchers)) != content.PortPolicyFor(content.Project(_some)))
                    return false;
            }
        }
        return true;
    }

    private (int Start, int Length) CreateRow(int peerIdentity)
    {
        identities.Read(peerIdentity, _matchers);
        foreach (var matcher in _matchers)
        {
            foreach (var policySet in use.PolicySetsUsing(matcher))
            {
                if (_projected[policySet] == SequenceTrie.Root)
                    _touched.Add(policySet);
                _projected[policySet] = identities.Next(_projected[policySet], matcher);
            }
        }
        _touched.Sort();
        var start = _policyEntries.Count;
        foreach (var policySet in _touched)
        {
            var portPolicy = _policySets[policySet]!.PortPolicyFor(_projected[policySet]);
            if (portPolicy != _policySets[policySet]!.DefaultPolicy)
                _policyEntries.Add((policySet, portPolicy));
            _projected[policySet] = SequenceTrie.Root;
        }
        _touched.Clear();
        return (start, _policyEntries.Count - start);
    }
}
