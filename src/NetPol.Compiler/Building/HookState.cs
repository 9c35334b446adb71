using NetPol.Compiler.Flattening;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Building;

/// <summary>The state of a compiled enforcement point that the next delta is computed from. Initially empty.</summary>
internal sealed class HookState(NodeState node, Direction direction, Scope scope)
{
    public NodeState Node { get; } = node;

    public Direction Direction { get; } = direction;

    /// <summary>Never <see cref="Scope.Self"/>.</summary>
    public Scope Scope { get; } = scope;

    public Subjects Subjects { get; } = new();

    /// <summary>The matchers that any policy set uses, ascending.</summary>
    public int[] Traits { get; set; } = [];

    /// <summary>Disjoint ordered ranges and their identities.</summary>
    public List<(AddressRange Range, int Class)> Networks { get; set; } = [];

    /// <summary>The number of listed peers and networks of each identity.</summary>
    public UseCounts Classes { get; } = new();

    /// <summary>The number of identities with a policy entry in each policy set.</summary>
    public UseCounts Judged { get; } = new();

    /// <summary>The subjects with a separate port policy for themselves.</summary>
    public Dictionary<IpAddress, int> Self { get; } = [];
}
