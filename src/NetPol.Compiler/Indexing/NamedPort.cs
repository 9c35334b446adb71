using NetPol.Model;

namespace NetPol.Compiler.Indexing;

/// <summary>A name that pods give to a port.</summary>
internal readonly record struct NamedPort(Protocol Protocol, string Name, ushort Number);
