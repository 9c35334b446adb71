using NetPol.Model;

namespace NetPol.Testing.Samples;

/// <summary>Who reaches whom on some ports.</summary>
/// <param name="Line">Where the grid starts in its file, from 1.</param>
/// <param name="Ports">The ports that share the answer.</param>
/// <param name="Family">The only family it speaks of; null: both, with the same answer.</param>
/// <param name="Ends">Pods as <c>namespace/name</c> and addresses, unique.</param>
/// <param name="Cells">Row by row, from the row's end to the column's; as many rows and columns as ends.</param>
public sealed record ExpectedGrid(
    int Line, ValueArray<ExpectedPort> Ports, IpFamily? Family, ValueArray<string> Ends, ValueArray<ValueArray<ExpectedCell>> Cells);
