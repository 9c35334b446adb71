using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Flattening;

/// <summary>What the groups of one compilation share. <paramref name="Classes"/> holds sets of traits in canonical order.</summary>
internal sealed record FlatteningContext(SnapshotIndex Index, SequenceTrie Classes, VerdictTable Verdicts, PortPainter Painter);
