using NetPol.Compiler.Flattening;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Building;

/// <summary>What must be remembered of a compiled hook to tell what a change changes in it. It begins with nothing.</summary>
internal sealed class HookState(NodeState node, Direction direction, Scope scope)
{
    public NodeState Node { get; } = node;

    public Direction Direction { get; } = direction;

    /// <summary>Never <see cref="Scope.Self"/>.</summary>
    public Scope Scope { get; } = scope;

    public Subjects Subjects { get; } = new();

    /// <summary>The traits that any group looks at, ascending.</summary>
    public int[] Traits { get; set; } = [];

    /// <summary>Disjoint ranges in order and their classes.</summary>
    public List<(AddressRange Range, int Class)> Networks { get; set; } = [];

    /// <summary>How many listed peers and networks have each class.</summary>
    public UseCounts Classes { get; } = new();

    /// <summary>How many of the classes each group judges otherwise than its rest.</summary>
    public UseCounts Judged { get; } = new();

    /// <summary>The subjects with a profile of their own for themselves.</summary>
    public Dictionary<IpAddress, int> Self { get; } = [];
}
