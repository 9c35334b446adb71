using System.Runtime.InteropServices;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Flattening;

/// <summary>Numbers decisions and port policies. Equal content has the same number.</summary>
internal sealed class VerdictTable
{
    private readonly Dictionary<DecisionId, int> _decisionNumbers = [];
    private readonly Dictionary<ProfileId, int> _profileNumbers = [];
    private readonly List<Decision> _decisions = [];
    private readonly List<PortProfile> _profiles = [];
    private readonly SequenceTrie _contents = new();
    private readonly Dictionary<int, int> _byContent = [];
    private readonly List<int> _content = [];

    /// <summary>The number of cached contents.</summary>
    public int Size => _decisions.Count + _contents.Count;

    public Decision Decision(int number) => _decisions[number];

    public int NumberOf(DecisionId id) => _decisionNumbers[id];

    public PortProfile Profile(int number) => _profiles[number];

    public int Add(Decision decision)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_decisionNumbers, decision.Id, out var known);
        if (known)
            return _decisions[number] == decision ? number : throw Collision(decision, _decisions[number]);
        _decisions.Add(decision);
        return number = _decisions.Count - 1;
    }

    /// <summary>Adds the port policy of the assigned decision numbers.</summary>
    public int Add(PortPainter painter)
    {
        painter.Read(_content);
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _byContent, _contents.Of(CollectionsMarshal.AsSpan(_content)), out var known);
        return known ? number : number = Add(Profile(_content));
    }

    public int Add(PortProfile profile)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_profileNumbers, profile.Id, out var known);
        if (known)
            return _profiles[number] == profile ? number : throw Collision(profile, _profiles[number]);
        _profiles.Add(profile);
        return number = _profiles.Count - 1;
    }

    private PortProfile Profile(List<int> content)
    {
        var cells = new PortCell[(content.Count - 1) / 4];
        for (var i = 0; i < cells.Length; i++)
        {
            var at = 1 + (i * 4);
            cells[i] = new(
                Protocols.WithPorts[content[at]], new((ushort)content[at + 1], (ushort)content[at + 2]), _decisions[content[at + 3]].Id);
        }
        return new(ValueArray.Own(cells), _decisions[content[0]].Id);
    }

    private static InvalidOperationException Collision(object one, object other) => new($"two contents have one id: {one} and {other}");
}
