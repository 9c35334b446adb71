using Spectre.Console;

namespace NetPol.Cli.Inspecting;

/// <summary>What nodes do, for reading.</summary>
internal static class NodeCheckText
{
    public static void Write(IAnsiConsole console, IEnumerable<NodeCheck> checks)
    {
        foreach (var check in checks)
        {
            Line(console, "");
            if (check.Found is not { } found)
            {
                Line(console, $"[yellow]node {Markup.Escape(check.Node)} was not asked:[/] {Markup.Escape(check.Trouble ?? "")}");
                continue;
            }
            Line(console, check.Agrees == true
                ? $"node {Markup.Escape(check.Node)}: [green]the programmed rules agree[/]"
                : $"node {Markup.Escape(check.Node)}: [red]the programmed rules do not agree[/]");
            foreach (var count in found.Counts)
                Line(console, $"  {Markup.Escape(count.Decision is null ? "held: the node does not know a pod of this address yet" : count.Text)}: counted {count.Connections} connections, {count.Bytes} bytes");
            if (found.Counts.IsEmpty)
                Line(console, "  nothing judges it there: allowed by default");
            if (check.Agrees == true)
                continue;
            Line(console, $"  meant: {Markup.Escape(check.Meant.IsEmpty ? "allow by default" : string.Join("; ", check.Meant))}");
            foreach (var step in found.Steps)
                Line(console, $"    [dim]{Markup.Escape(step)}[/]");
        }
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
