using System.Runtime.InteropServices;
using NetPol.Compiler.Selection;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Ports;

/// <summary>Numbers decisions and port policies. Equal content has the same number.</summary>
internal sealed class PortPolicyTable
{
    private readonly Dictionary<DecisionId, int> _decisionNumbers = [];
    private readonly Dictionary<PortPolicyId, int> _portPolicyNumbers = [];
    private readonly List<Decision> _decisions = [];
    private readonly List<PortPolicy> _portPolicies = [];
    private readonly SequenceTrie _contents = new();
    private readonly Dictionary<int, int> _byContent = [];
    private readonly List<int> _content = [];

    /// <summary>The amount of cached content, in no particular unit.</summary>
    public int Size => _decisions.Count + _contents.Count;

    public Decision Decision(int number) => _decisions[number];

    public int IndexOf(DecisionId id) => _decisionNumbers[id];

    public PortPolicy PortPolicy(int number) => _portPolicies[number];

    public int Add(Decision decision)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_decisionNumbers, decision.Id, out var known);
        if (known)
            return _decisions[number] == decision ? number : throw Collision(decision, _decisions[number]);
        _decisions.Add(decision);
        return number = _decisions.Count - 1;
    }

    /// <summary>Adds the port policy of the assigned decision numbers.</summary>
    public int Add(PortRangeFlattener flattener)
    {
        flattener.Read(_content);
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _byContent, _contents.GetOrAdd(CollectionsMarshal.AsSpan(_content)), out var known);
        return known ? number : number = Add(PortPolicy(_content));
    }

    public int Add(PortPolicy portPolicy)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_portPolicyNumbers, portPolicy.Id, out var known);
        if (known)
            return _portPolicies[number] == portPolicy ? number : throw Collision(portPolicy, _portPolicies[number]);
        _portPolicies.Add(portPolicy);
        return number = _portPolicies.Count - 1;
    }

    private PortPolicy PortPolicy(List<int> content)
    {
        var entries = new PortEntry[(content.Count - 1) / 4];
        for (var i = 0; i < entries.Length; i++)
        {
            var at = 1 + (i * 4);
            entries[i] = new(
                Protocols.WithPorts[content[at]], new((ushort)content[at + 1], (ushort)content[at + 2]), _decisions[content[at + 3]].Id);
        }
        return new(ValueArray.Own(entries), _decisions[content[0]].Id);
    }

    private static InvalidOperationException Collision(object one, object other) => new($"two contents have one id: {one} and {other}");
}
