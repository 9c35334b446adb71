using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>What must be remembered of a compiled node.</summary>
internal sealed class NodeState(LocalNode node, VerdictTable verdicts)
{
    public LocalNode Node { get; } = node;

    public ProfileUse Profiles { get; } = new(verdicts);

    /// <summary>The hooks that have subjects, and whose peers are pods.</summary>
    public List<HookState> Hooks { get; } = [];
}
