using System.Globalization;
using NetPol.Cli.Infrastructure;
using Spectre.Console;

namespace NetPol.Cli.Status;

/// <summary>Writes what <c>netpol status</c> found.</summary>
internal static class StatusTable
{
    public static void WriteTable(IAnsiConsole console, DeploymentStatus status)
    {
        console.Write(Table(
            ["CONTROLLER", "AGENTS", "REVISION", "LEADS", "REPORTED"],
            status.Controllers.Select(c => new[]
            {
                c.Name, Number(c.Report.Agents.Count), Number(c.Report.Revision), c.Report.IsLeader ? "yes" : "no",
                c.IsFresh ? $"{Seconds(c.Age)} ago" : $"[yellow]{Seconds(c.Age)} ago: too old[/]",
            })));
        console.WriteLine();
        console.Write(Table(
            ["NODE", "PROGRAMMED", "GENERATION", "LAG", "SINCE", "RESYNCS", "STALE REMOVED", "CONTROLLER"],
            status.Nodes.Select(n => new[]
            {
                n.Name,
                n.NotProgrammedReason is { } failure ? $"[red]{Markup.Escape(failure)}[/]" : "[green]yes[/]",
                n.Agent is { } a ? Number((long)a.Generation) : "",
                n.Agent?.DelaySeconds is { } delay ? string.Create(CultureInfo.InvariantCulture, $"{delay * 1000:0.0} ms") : "",
                n.Agent?.EnforcedAt is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "",
                n.Agent?.Resyncs is { } resyncs ? Number(resyncs) : "",
                n.Agent?.StaleConnectionsRemoved is { } removed ? Number(removed) : "",
                n.Controller ?? "",
            })));
        console.WriteLine();
        WriteAudits(console, status);
        if (status.AgentsOmitted > 0)
            console.Markup($"[yellow]the reports omit {DiagnosticText.Count(status.AgentsOmitted, "agent")}: their nodes have no row of an agent; read the metric netpol_controller_agent_pending_changes[/]\n");
        if (!status.Controllers.Any(c => c.IsFresh))
            console.Markup("[bold red]no controller reports: changes of policies are not enforced, and the conditions of policies may be out of date[/]\n");
        foreach (var unread in status.UnreadVersions)
            console.Markup($"[bold red]{Markup.Escape(unread)}[/]\n");
        foreach (var policy in status.Retained)
            console.Markup($"[yellow]{Markup.Escape(policy)} was deleted and stays in effect, because its namespace is being deleted and still has pods[/]\n");
        if (status.RetainedOmitted > 0)
            console.Markup($"[yellow]the reports omit {DiagnosticText.Count(status.RetainedOmitted, "deleted policy")} of such namespaces[/]\n");
        var late = status.Nodes.Count(n => n.NotProgrammedReason is not null);
        console.Markup(late == 0
            ? $"[green]{status.Nodes.Count} of {DiagnosticText.Count(status.Nodes.Count, "node")} programmed: every node enforces the current policies[/]\n"
            : $"[bold red]{status.Nodes.Count - late} of {DiagnosticText.Count(status.Nodes.Count, "node")} programmed: {late} may not enforce the current policies[/]\n");
    }

    private static void WriteAudits(IAnsiConsole console, DeploymentStatus status)
    {
        if (status.Audited.Count > 0)
        {
            console.Write(Table(
                ["AUDIT-ONLY", "WOULD HAVE DENIED", "ALLOWED", "NODES"],
                status.Audited.Select(a => new[] { Markup.Escape(a.ToString()), Number(a.Denied), Number(a.Allowed), Number(a.Nodes) })));
            console.WriteLine();
        }
        if (status.AuditsOmitted > 0)
            console.Markup($"[yellow]the reports omit {DiagnosticText.Count(status.AuditsOmitted, "audit")}: read the metric netpol_policy_verdicts_total[/]\n");
    }

    private static Table Table(string[] heads, IEnumerable<string[]> rows)
    {
        var table = new Table().NoBorder();
        foreach (var head in heads)
            table.AddColumn(new TableColumn($"[bold]{head}[/]") { NoWrap = true, Padding = new(0, 0, 3, 0) });
        foreach (var row in rows)
            table.AddRow(row);
        return table;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan age) => age.TotalMinutes < 2
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, age.TotalSeconds):0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min");
}
