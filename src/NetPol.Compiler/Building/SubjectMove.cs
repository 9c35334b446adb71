using NetPol.Compiler.Flattening;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>An address of a local pod whose policy set or endpoint class may have changed.</summary>
/// <param name="Address">The address.</param>
/// <param name="Kind">Its new endpoint class.</param>
/// <param name="IsFinished">Whether only finished pods have it. As a peer it is then like an external address.</param>
/// <param name="Group">Its new policy set. Null if it is no subject.</param>
internal readonly record struct SubjectMove(IpAddress Address, int Kind, bool IsFinished, SubjectGroup? Group);
