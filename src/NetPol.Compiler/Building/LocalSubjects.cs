using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Building;

/// <summary>The local pods' addresses to which policies apply in one hook, numbered in their order, and their groups.</summary>
internal sealed class LocalSubjects
{
    private readonly List<IpAddress> _addresses = [];
    private readonly List<int> _groupOf = [];
    private readonly List<SubjectGroup> _groups = [];
    private readonly List<List<int>> _members = [];

    /// <param name="pods">Addresses, ascending.</param>
    /// <param name="endpoints">Every address.</param>
    /// <param name="table">The groups.</param>
    /// <param name="direction">The hook's direction.</param>
    /// <param name="scope">The hook's scope.</param>
    public LocalSubjects(IpAddress[] pods, Endpoints endpoints, GroupTable table, Direction direction, Scope scope)
    {
        var numbers = new Dictionary<SubjectGroup, int>();
        foreach (var address in pods)
        {
            if (table.Of(endpoints.KindAt(address), direction, scope) is not { } group)
                continue;
            if (!numbers.TryGetValue(group, out var number))
            {
                numbers[group] = number = _groups.Count;
                _groups.Add(group);
                _members.Add([]);
            }
            _members[number].Add(_addresses.Count);
            _addresses.Add(address);
            _groupOf.Add(number);
        }
    }

    public int Count => _addresses.Count;

    public List<SubjectGroup> Groups => _groups;

    /// <summary>The traits that any group looks at, each once.</summary>
    public IEnumerable<int> Traits => _groups.SelectMany(g => g.Traits).Distinct();

    /// <summary>The address of a subject; ascending with the number.</summary>
    public IpAddress Address(int subject) => _addresses[subject];

    /// <summary>The group of a subject, as a place in <see cref="Groups"/>.</summary>
    public int GroupOf(int subject) => _groupOf[subject];

    /// <summary>The subjects of a group, ascending.</summary>
    public List<int> Members(int group) => _members[group];
}
