using System.Globalization;
using NetPol.Model.Rules;
using NetPol.Protocol;

namespace NetPol.Cli.Watching;

/// <summary>An update for reading: a fact a line, after the place that it belongs to, <c>-</c> for one that goes and <c>+</c> for one that comes.</summary>
internal static class UpdateText
{
    public static void Write(TextWriter output, UpdateHead head, NodeRuleSetDelta change)
    {
        output.WriteLine(head.IsSnapshot
            ? $"generation {head.Generation}: everything there is"
            : $"generation {head.Generation}, after {head.Base}{Cause(head)}");
        Write(output, "node address", change.NodeAddresses);
        Write(output, "address of a node", change.AllNodeAddresses);
        Write(output, "pod network", change.PodNetworks);
        Write(output, "known pod", change.KnownPods);
        Write(output, "granted source", change.GrantedSources);
        foreach (var hook in Enum.GetValues<Hook>())
            Write(output, hook.ToString(), change.Rules(hook));
        Write(output, "profile", change.Profiles, p => $"{p.Id}: {string.Join(", ", p.Cells.Select(c => $"{c.Ports}/{c.Protocol} {c.Decision}"))}{(p.Cells.IsEmpty ? "" : ", otherwise ")}{p.Otherwise}");
        Write(output, "decision", change.Decisions, d => $"{d.Id}: {d}");
    }

    private static string Cause(UpdateHead head) => head.CausedAt is { } at
        ? string.Create(CultureInfo.InvariantCulture, $", for what came at {at.UtcDateTime:HH:mm:ss.fff}Z")
        : "";

    private static void Write(TextWriter output, string hook, HookRulesDelta change)
    {
        Write(output, $"{hook} subject", change.Rest, r => $"{r.Subject}: {r.Profile}");
        Write(output, $"{hook} self", change.Self, s => $"{s.Subject}: {s.Profile}");
        Write(output, $"{hook} peer", change.Peers, p => $"{p.Address}: class {p.Class}");
        Write(output, $"{hook} network", change.Networks, n => $"{n.Range}: class {n.Class}");
        Write(output, $"{hook} cell", change.Cells, c => $"{c.Subject}, class {c.Class}: {c.Profile}");
    }

    private static void Write<T>(TextWriter output, string what, Change<T> change, Func<T, string>? text = null)
    {
        text ??= fact => $"{fact}";
        foreach (var gone in change.Removed)
            output.WriteLine($"  - {what} {text(gone)}");
        foreach (var come in change.Added)
            output.WriteLine($"  + {what} {text(come)}");
    }
}
