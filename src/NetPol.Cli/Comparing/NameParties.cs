using NetPol.Model;

namespace NetPol.Cli.Comparing;

/// <summary>Some of the things of one kind by name, or, where that is shorter, all but some.</summary>
internal sealed record NameParties(bool AllBut, ValueArray<string> Names);
