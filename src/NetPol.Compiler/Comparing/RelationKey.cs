using NetPol.Model;

namespace NetPol.Compiler.Comparing;

/// <summary>What the pairs of a <see cref="Relation"/> have in common. <paramref name="Ports"/> is the number of a set.</summary>
internal readonly record struct RelationKey(ChangeKind Kind, Counterpart Counterpart, IpFamily? Family, int Ports);
