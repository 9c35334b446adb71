using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Building;

/// <summary>The state of a compiled node that the next delta is computed from. Initially empty.</summary>
internal sealed class NodeState
{
    public NodeState(string name, VerdictTable verdicts)
    {
        Node = new(name, [], [], [], null);
        Profiles = new(verdicts);
        Egress = new(this, Direction.Egress, Scope.Others);
        Ingress = new(this, Direction.Ingress, Scope.Others);
        EgressToNode = new(this, Direction.Egress, Scope.OwnNode);
    }

    public LocalNode Node { get; set; }

    /// <summary>The addresses of all nodes. Empty for an unknown node.</summary>
    public ValueArray<IpAddress> AllNodeAddresses { get; set; } = [];

    public ProfileUse Profiles { get; }

    public HookState Egress { get; }

    public HookState Ingress { get; }

    public HookState EgressToNode { get; }

    public IEnumerable<HookState> Hooks => [Egress, Ingress, EgressToNode];
}
