using System.Globalization;
using System.Text;
using Google.Protobuf;
using NetPol.Cli.Infrastructure;
using NetPol.Model.RuleSets;
using NetPol.Protocol;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;

namespace NetPol.Cli.Watch;

/// <summary>Subscribes to a node's rule stream as an observer and prints it.</summary>
internal static class RuleStreamPrinter
{
    /// <summary>The kind of the document of each part of an update. Its schema is generated from node_rules.proto.</summary>
    public const string DocumentKind = "NodeRulesUpdate";

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(preserveProtoFieldNames: true));

    /// <summary>Writes a part of an update as a document of a stream.</summary>
    public static void WriteDocument(Stream output, OutputFormat format, UpdatePart part) =>
        DocumentWriter.WriteNext(output, format, DocumentKind, Encoding.UTF8.GetBytes(Formatter.Format(part)));

    /// <summary>Runs until the controller ends the stream.</summary>
    public static async Task RunAsync(ControllerChannel channel, string token, string node, OutputFormat format, CancellationToken cancel)
    {
        using var call = channel.Sync(token, cancel);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = node, Agent = "netpol watch" } }, cancel);
        var reader = new UpdateReader(node);
        await using var stdout = Console.OpenStandardOutput();
        while (await call.ResponseStream.MoveNext(cancel))
        {
            var part = call.ResponseStream.Current;
            if (format != OutputFormat.Text)
                WriteDocument(stdout, format, part);
            if (reader.Add(part) is not var (head, change))
                continue;
            if (format == OutputFormat.Text)
                RuleUpdateText.Write(Console.Out, head, change);
            await call.RequestStream.WriteAsync(new() { Ack = new() { Generation = head.Generation, Result = Ack.Types.Result.Applied } }, cancel);
        }
    }
}

/// <summary>Formats an update: one line per entry, with <c>+</c> for an added and <c>-</c> for a removed entry, after its location in the rule set.</summary>
internal static class RuleUpdateText
{
    public static void Write(TextWriter output, UpdateHeader head, NodeRuleSetDelta change)
    {
        output.WriteLine(head.IsSnapshot
            ? $"generation {head.Generation}: snapshot"
            : $"generation {head.Generation}, changes since {head.Base}{Cause(head)}");
        Write(output, "node address", change.NodeAddresses);
        Write(output, "address of a node", change.AllNodeAddresses);
        Write(output, "pod network", change.PodCidrs);
        Write(output, "ready pod", change.ReadyPods);
        Write(output, "granted source", change.GrantedSources);
        foreach (var point in Enum.GetValues<EnforcementPoint>())
            Write(output, point.ToString(), change.RulesAt(point));
        Write(output, "port policy", change.PortPolicies, p => $"{p.Id}: {string.Join(", ", p.Entries.Select(c => $"{c.Ports}/{c.Protocol} {c.Decision}"))}{(p.Entries.IsEmpty ? "" : ", ")}default {p.Default}");
        Write(output, "decision", change.Decisions, d => $"{d.Id}: {d}");
    }

    private static string Cause(UpdateHeader head) => head.CausedAt is { } at
        ? string.Create(CultureInfo.InvariantCulture, $"; event received at {at.UtcDateTime:HH:mm:ss.fff}Z")
        : "";

    private static void Write(TextWriter output, string point, EnforcementRulesDelta change)
    {
        Write(output, $"{point} default", change.Defaults, r => $"{r.Subject}: port policy {r.PortPolicy}");
        Write(output, $"{point} self", change.Self, s => $"{s.Subject}: port policy {s.PortPolicy}");
        Write(output, $"{point} peer", change.Peers, p => $"{p.Address}: identity {p.Identity}");
        Write(output, $"{point} network", change.Networks, n => $"{n.Range}: identity {n.Identity}");
        Write(output, $"{point} policy entry", change.PolicyEntries, e => $"{e.Subject}, identity {e.Identity}: port policy {e.PortPolicy}");
    }

    private static void Write<T>(TextWriter output, string what, ListChange<T> change, Func<T, string>? text = null)
    {
        text ??= entry => $"{entry}";
        foreach (var removed in change.Removed)
            output.WriteLine($"  - {what} {text(removed)}");
        foreach (var added in change.Added)
            output.WriteLine($"  + {what} {text(added)}");
    }
}
