using NetPol.Compiler.Flattening;
using NetPol.Model;

namespace NetPol.Compiler.Building;

/// <summary>An address of a local pod that may be in another group than it was, or of another kind.</summary>
/// <param name="Address">The address.</param>
/// <param name="Kind">Its kind now.</param>
/// <param name="IsFinished">Whether only finished pods have it now: as a peer it is then like an address outside.</param>
/// <param name="Group">The group that it is in now; null when it is no subject.</param>
internal readonly record struct SubjectMove(IpAddress Address, int Kind, bool IsFinished, SubjectGroup? Group);
