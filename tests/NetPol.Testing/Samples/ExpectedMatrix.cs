using System.Globalization;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

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
    /// <param name="cluster">The world with an address for every live pod.</param>
    /// <exception cref="FormatException">
    /// The grids do not fit the world: a live pod is missing or unknown, a declared port has no grid, a port and family has two, a cell
    /// has no connection or a connection has no cell.
    /// </exception>
    public IReadOnlyList<ExpectedConnection> In(ClusterSnapshot cluster) => new ExpectedMatrixResolver(this, cluster).Resolve();
}

/// <summary>What a grid says about one ordered pair; written <c>.</c>, <c>X</c> and <c>-</c>.</summary>
public enum ExpectedCell
{
    Allow,
    Deny,

    /// <summary>There is no connection to ask about.</summary>
    NoQuestion,
}

/// <summary>One question and its answer; the ends as the grid writes them.</summary>
public sealed record ExpectedConnection(string From, string To, Connection Connection, Verdict Verdict)
{
    public override string ToString() => $"{From} -> {To} ({Connection})";
}

/// <summary>Who reaches whom on some ports.</summary>
/// <param name="Line">Where the grid starts in its file, from 1.</param>
/// <param name="Ports">The ports that share the answer.</param>
/// <param name="Family">The only family it speaks of; null: both, with the same answer.</param>
/// <param name="Ends">Pods as <c>namespace/name</c> and addresses, unique.</param>
/// <param name="Cells">Row by row, from the row's end to the column's; as many rows and columns as ends.</param>
public sealed record ExpectedGrid(
    int Line, ValueArray<ExpectedPort> Ports, IpFamily? Family, ValueArray<string> Ends, ValueArray<ValueArray<ExpectedCell>> Cells);

/// <summary>A port as a grid names it: <c>80/TCP</c>, or <c>ICMP</c> (port 0, of either family).</summary>
public readonly record struct ExpectedPort(Protocol Protocol, ushort Number)
{
    /// <exception cref="FormatException">The text is not a port.</exception>
    public static ExpectedPort Parse(string text)
    {
        if (string.Equals(text, "ICMP", StringComparison.Ordinal))
            return new(Protocol.Icmp, 0);
        foreach (var protocol in Protocols.WithPorts)
        {
            var suffix = $"/{protocol.Name()}";
            if (text.EndsWith(suffix, StringComparison.Ordinal) &&
                ushort.TryParse(text[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                return new(protocol, number);
        }
        throw new FormatException($"\"{text}\" is not a port: write 80/TCP, 53/UDP, 7777/SCTP or ICMP");
    }

    /// <summary>The protocol as packets of the family carry it.</summary>
    public Protocol ProtocolOver(IpFamily family) => Protocol == Protocol.Icmp && family == IpFamily.V6 ? Protocol.IcmpV6 : Protocol;

    public override string ToString() => Protocol.HasPorts() ? $"{Number}/{Protocol.Name()}" : Protocol.Name();
}
