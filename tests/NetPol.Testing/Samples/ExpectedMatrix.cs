using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Testing.Samples;

/// <summary>
/// The hand-written answer to "who reaches whom": a text of grids.
/// <code>
/// # a comment
/// reports host-bits, unknown-peer
///
/// port 80/TCP, 443/TCP over IPv4
///              a b c
/// a web/client - . X
/// b web/server . - X
/// c 192.0.2.1  . X -
/// </code>
/// Rows connect to columns: <c>.</c> is allowed, <c>X</c> denied, <c>-</c> no question. <c>over</c> is left out when both families agree.
/// </summary>
/// <param name="Reports">The codes of everything that loading reports, in ordinal order; without the line <c>reports</c> there are none.</param>
/// <param name="Grids">In the order written, at least one.</param>
public sealed record ExpectedMatrix(ValueArray<string> Reports, ValueArray<ExpectedGrid> Grids)
{
    /// <exception cref="FormatException">Anything that is not as described, with its line.</exception>
    public static ExpectedMatrix Parse(string text) => new ExpectedMatrixReader(text).Read();

    /// <summary>Every connection that the grids speak of, in their order.</summary>
    /// <param name="world">The world with an address for every live pod.</param>
    /// <exception cref="FormatException">
    /// The grids do not fit the world: a live pod is missing or unknown, a declared port has no grid, a port and family has two, a cell
    /// has no connection or a connection has no cell.
    /// </exception>
    public IReadOnlyList<ExpectedConnection> In(ClusterSnapshot world) => new ExpectedMatrixResolver(this, world).Resolve();
}
