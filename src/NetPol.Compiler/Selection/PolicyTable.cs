using System.Runtime.InteropServices;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Selection;

/// <summary>The policies that have an effect. A changed policy gets a new number, so content by number never changes.</summary>
internal sealed class PolicyTable
{
    private readonly List<NormalizedPolicy> _policies = [];
    private readonly Dictionary<PolicyId, int> _numberOf = [];
    private readonly Dictionary<int, List<int>> _bySubject = [];

    /// <summary>The number of assigned numbers.</summary>
    public int Count => _policies.Count;

    public NormalizedPolicy this[int number] => _policies[number];

    public void Add(NormalizedPolicy policy)
    {
        _numberOf.Add(policy.Policy.Id, _policies.Count);
        ref var numbers = ref CollectionsMarshal.GetValueRefOrAddDefault(_bySubject, policy.Subject, out _);
        (numbers ??= []).Add(_policies.Count);
        _policies.Add(policy);
    }

    /// <summary>The current policies, by number.</summary>
    public IEnumerable<NormalizedPolicy> All => _numberOf.Values.Order().Select(n => _policies[n]);

    /// <summary>Returns null if the policy does not exist.</summary>
    public NormalizedPolicy? Find(PolicyId id) => _numberOf.TryGetValue(id, out var number) ? _policies[number] : null;

    /// <summary>Removes a policy. Returns null if it does not exist.</summary>
    public NormalizedPolicy? Remove(PolicyId id)
    {
        if (!_numberOf.Remove(id, out var number))
            return null;
        var policy = _policies[number];
        _bySubject[policy.Subject].Remove(number);
        return policy;
    }

    /// <summary>Returns the policies whose egress rules use one of the port names.</summary>
    public List<NormalizedPolicy> WithEgressPortNames(HashSet<string> names) =>
        [.. _numberOf.Values.Select(n => _policies[n]).Where(p => p.Egress.Any(r => r.PortNames.Any(n => names.Contains(n.Name))))];

    /// <summary>Returns the policies that select pods of the endpoint class, in evaluation order.</summary>
    public int[] PoliciesSelecting(EndpointClass endpointClass)
    {
        var found = new List<int>();
        foreach (var matcher in endpointClass.Matchers)
        {
            if (_bySubject.TryGetValue(matcher, out var numbers))
                found.AddRange(numbers);
        }
        found.Sort((a, b) => Policy.EvaluationOrder.Compare(_policies[a].Policy, _policies[b].Policy));
        return [.. found];
    }
}
