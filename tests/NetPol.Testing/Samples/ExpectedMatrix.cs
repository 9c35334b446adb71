using System.Globalization;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Samples;

/// <summary>
/// The hand-written reachability of a sample's pods, as text with one or more grids.
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
/// Rows connect to columns: <c>.</c> is allowed, <c>X</c> denied, <c>-</c> no connection. <c>over</c> is omitted if both families agree.
/// </summary>
/// <param name="Reports">The codes of all diagnostics of the loader, in ordinal order. Empty without the line <c>reports</c>.</param>
/// <param name="Grids">The grids in written order, at least one.</param>
public sealed record ExpectedMatrix(ValueArray<string> Reports, ValueArray<ExpectedGrid> Grids)
{
    /// <exception cref="FormatException">The text does not have this form. The message contains the line.</exception>
    public static ExpectedMatrix Parse(string text) => new ExpectedMatrixReader(text).Read();

    /// <summary>Returns all connections of the grids, in order.</summary>
    /// <param name="cluster">The cluster. Every live pod must have an address.</param>
    /// <exception cref="FormatException">
    /// The grids do not fit the cluster: a live pod is missing or unknown, a declared port has no grid, a port and family has two grids, or the
    /// connections and the characters of a grid do not correspond.
    /// </exception>
    public IReadOnlyList<ExpectedConnection> In(ClusterSnapshot cluster) => new ExpectedMatrixResolver(this, cluster).Resolve();
}

/// <summary>The expected verdict of one source and destination in a grid, written <c>.</c>, <c>X</c> or <c>-</c>.</summary>
public enum ExpectedCell
{
    Allow,
    Deny,

    /// <summary>The pair has no connection.</summary>
    NoQuestion,
}

/// <summary>A connection and its expected verdict, with both ends as the grid names them.</summary>
public sealed record ExpectedConnection(string From, string To, Connection Connection, Verdict Verdict)
{
    public override string ToString() => $"{From} -> {To} ({Connection})";
}

/// <summary>The expected verdicts on some ports.</summary>
/// <param name="Line">Where the grid starts in its file, from 1.</param>
/// <param name="Ports">The ports with these verdicts.</param>
/// <param name="Family">The address family. Null if both families have these verdicts.</param>
/// <param name="Ends">Pods as <c>namespace/name</c> and addresses, unique.</param>
/// <param name="Cells">The verdicts by source row and destination column. The number of rows and columns is the number of ends.</param>
public sealed record ExpectedGrid(
    int Line, ValueArray<ExpectedPort> Ports, IpFamily? Family, ValueArray<string> Ends, ValueArray<ValueArray<ExpectedCell>> Cells);

/// <summary>A port of a grid: <c>80/TCP</c>, or <c>ICMP</c> (port 0, both families).</summary>
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

    /// <summary>Returns the protocol over an address family: ICMP becomes ICMPv6 over IPv6.</summary>
    public Protocol ProtocolOver(IpFamily family) => Protocol == Protocol.Icmp && family == IpFamily.V6 ? Protocol.IcmpV6 : Protocol;

    public override string ToString() => Protocol.HasPorts() ? $"{Number}/{Protocol.Name()}" : Protocol.Name();
}
