using NetPol.Model;

namespace NetPol.Compiler.Comparing;

/// <summary>One of a node's addresses.</summary>
public sealed record NodeAddress(string Node, IpAddress Address);
