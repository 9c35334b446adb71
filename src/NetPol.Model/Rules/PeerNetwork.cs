namespace NetPol.Model.Rules;

/// <summary>An interval of peer addresses and its identity. The intervals of a list are disjoint and ordered.</summary>
public readonly record struct PeerNetwork(AddressRange Range, ClassId Class);
