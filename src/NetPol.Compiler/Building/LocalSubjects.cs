using NetPol.Compiler.Flattening;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Building;

/// <summary>The local pods' addresses to which policies apply in one hook, and their groups.</summary>
internal sealed class LocalSubjects
{
    private readonly List<(int Address, int Group)> _subjects = [];
    private readonly List<SubjectGroup> _groups = [];
    private readonly List<List<int>> _members = [];

    /// <param name="pods">Addresses, ascending.</param>
    /// <param name="kindOf">The kind of every address.</param>
    /// <param name="table">The groups.</param>
    /// <param name="direction">The hook's direction.</param>
    /// <param name="scope">The hook's scope.</param>
    public LocalSubjects(int[] pods, int[] kindOf, GroupTable table, Direction direction, Scope scope)
    {
        var numbers = new Dictionary<SubjectGroup, int>();
        foreach (var address in pods)
        {
            if (table.Of(kindOf[address], direction, scope) is not { } group)
                continue;
            if (!numbers.TryGetValue(group, out var number))
            {
                numbers[group] = number = _groups.Count;
                _groups.Add(group);
                _members.Add([]);
            }
            _subjects.Add((address, number));
            _members[number].Add(address);
        }
    }

    /// <summary>Ascending by address; the group is a place in <see cref="Groups"/>.</summary>
    public List<(int Address, int Group)> Subjects => _subjects;

    public List<SubjectGroup> Groups => _groups;

    /// <summary>The addresses of a group, ascending.</summary>
    public List<int> Members(int group) => _members[group];
}
