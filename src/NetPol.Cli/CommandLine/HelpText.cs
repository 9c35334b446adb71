using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using NetPol.Cli.Infrastructure;

namespace NetPol.Cli.CommandLine;

/// <summary>Formats the help of a command: one line per option, in groups.</summary>
internal static class HelpText
{
    private const string Options = "Options";
    private const string Input = "Input";
    private const string Cluster = "Cluster";
    private const int MostLabel = 30;

    /// <summary>The help group of each option, by option name. An option name means the same in every command.</summary>
    private static readonly Dictionary<string, string> Groups = new(StringComparer.Ordinal)
    {
        ["--filename"] = Input,
        ["--kustomize"] = Input,
        ["--exclude"] = Input,
        ["--namespace"] = Input,
        ["--old"] = Input,
        ["--nodes"] = Input,
        [GlobalOptions.KubeconfigName] = Cluster,
        [GlobalOptions.ContextName] = Cluster,
        ["--netpol-namespace"] = Cluster,
        ["--controller"] = Cluster,
    };

    /// <summary>The help groups of commands, in order.</summary>
    private static readonly (string Title, string[] Commands)[] CommandGroups =
    [
        ("Analyze manifests or a cluster", ["check", "explain", "matrix", "diff", "unused", "rules", "render"]),
        ("Test with real packets on this machine", ["lab"]),
        ("Monitor a cluster that runs NetPol", ["status", "logs", "watch"]),
    ];

    /// <summary>Returns the help text, ending with a line feed.</summary>
    public static string Write(Command command, string program)
    {
        var text = new StringBuilder();
        text.Append(command.Description).Append('\n');
        if (command is NetPolCommand { Remarks.Length: > 0 } remarks)
            text.Append(remarks.Remarks).Append('\n');
        if (command is not RootCommand)
            text.Append('\n');
        text.Append("Usage: ").Append(Usage(command, program)).Append('\n');
        var commands = command.Subcommands.Where(c => !c.Hidden).ToList();
        var options = Shown(command).ToList();
        if (commands.Count + command.Arguments.Count + options.Count > 0)
            text.Append('\n');
        if (command is RootCommand)
        {
            foreach (var (title, names) in CommandGroups)
                WriteRows(text, title, [.. names.Select(n => commands.Single(c => string.Equals(c.Name, n, StringComparison.Ordinal))).Select(Row)]);
            var others = commands.Select(c => c.Name).Except(CommandGroups.SelectMany(g => g.Commands), StringComparer.Ordinal);
            text.Append("Other commands: ").AppendJoin(", ", others).Append('\n');
        }
        else
        {
            WriteRows(text, "Commands", [.. commands.Select(Row)]);
        }
        WriteRows(text, "Arguments", [.. command.Arguments.Select(a => (a.HelpName ?? a.Name, a.Description ?? ""))]);
        if (command is RootCommand)
            WriteRows(text, "Options of most commands, anywhere on the line", [.. options.Select(Row)]);
        foreach (var title in command is RootCommand ? [] : new[] { Options, Input, Cluster })
            WriteRows(text, title, [.. options.Where(o => string.Equals(Group(command, o.Option), title, StringComparison.Ordinal)).Select(Row)]);
        if (command is NetPolCommand { Examples.Length: > 0 } examples)
        {
            text.Append("\nExamples:\n");
            foreach (var line in examples.Examples.Split('\n'))
                text.Append("  ").Append(line.StartsWith("netpol ", StringComparison.Ordinal) ? program + line["netpol".Length..] : line).Append('\n');
        }
        if (commands.Count > 0)
            text.Append($"{(command is RootCommand ? "" : "\n")}Use \"{Name(command, program)} COMMAND --help\" for the options of a command.\n");
        return text.ToString();
    }

    /// <summary>Returns the command with its parent commands, as the user types it.</summary>
    public static string Name(Command command, string program) =>
        command is RootCommand ? program : $"{Name((Command)command.Parents.First(), program)} {command.Name}";

    /// <summary>Returns the command's options, and the global options that it uses.</summary>
    private static IEnumerable<(Option Option, string Description)> Shown(Command command) =>
        command.Options.Where(o => !o.Hidden && o is not (HelpOption or VersionOption)).Select(o => (o, o.Description ?? "")).Concat(GlobalOptions.UsedBy(command));

    /// <summary>Returns the help group of an option. A command that reads no input has no such group.</summary>
    private static string Group(Command command, Option option) =>
        Groups.GetValueOrDefault(option.Name, Options) is var group && group is Input && command.Options.All(o => o.Name is not "--filename") ? Options : group;

    private static string Usage(Command command, string program)
    {
        var words = new List<string> { Name(command, program) };
        if (command.Subcommands.Count > 0)
            words.Add("COMMAND");
        words.AddRange(command.Options.Where(o => o.Required).Select(o => $"{o.Name} {o.HelpName}"));
        if (Shown(command).Any(o => !o.Option.Required))
            words.Add("[options]");
        words.AddRange(command.Arguments.Select(a => $"{(a.Arity.MinimumNumberOfValues == 0 ? "[" : "")}{a.HelpName ?? a.Name}{(a.Arity.MaximumNumberOfValues > 1 ? "..." : "")}{(a.Arity.MinimumNumberOfValues == 0 ? "]" : "")}"));
        return string.Join(' ', words);
    }

    private static (string Label, string Description) Row(Command command) => (command.Name, command.Description ?? "");

    private static (string Label, string Description) Row((Option Option, string Description) shown)
    {
        var option = shown.Option;
        var brief = option.Aliases.FirstOrDefault(a => a.Length == 2);
        var value = option.HelpName is { } name ? $" {name}{(option.Arity.MaximumNumberOfValues > 1 ? "..." : "")}" : "";
        return ($"{(brief is null ? "    " : $"{brief}, ")}{option.Name}{value}", shown.Description);
    }

    private static void WriteRows(StringBuilder text, string title, List<(string Label, string Description)> rows)
    {
        if (rows.Count == 0)
            return;
        var width = Math.Min(MostLabel, rows.Max(r => r.Label.Length));
        text.Append(title).Append(":\n");
        foreach (var (label, description) in rows)
            text.Append("  ").Append(label.PadRight(width)).Append("  ").Append(description).Append('\n');
    }
}

/// <summary>The action of <c>--help</c>: prints the help of the parsed command and ignores the rest of the line.</summary>
internal sealed class HelpTextAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult) => Write(parseResult);

    /// <summary>Prints the help of a command that only has subcommands. Returns the exit code.</summary>
    public static int Write(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(HelpText.Write(parseResult.CommandResult.Command, ProgramName.Current));
        return ExitCode.Success;
    }
}

/// <summary>A command with the texts that its help shows besides the options.</summary>
/// <param name="name">The name on the command line.</param>
/// <param name="description">One sentence that says what the command does.</param>
internal sealed class NetPolCommand(string name, string description) : Command(name, description)
{
    /// <summary>Further explanation, one sentence per line; empty when there is none.</summary>
    public string Remarks { get; init; } = "";

    /// <summary>Sample command lines, one per line.</summary>
    public required string Examples { get; init; }
}

/// <summary>The name under which the user started the program.</summary>
internal static class ProgramName
{
    private const string Default = "netpol";
    private const string Plugin = "kubectl-netpol";

    /// <summary>Is <c>kubectl netpol</c> when kubectl started it as a plugin, else <c>netpol</c>.</summary>
    public static string Current { get; } = string.Equals(Path.GetFileName(Invoked()), Plugin, StringComparison.Ordinal) ? "kubectl netpol" : Default;

    /// <summary>Returns the first word of the process's command line, which keeps the name of a symbolic link. Systems other than Linux: the program's path.</summary>
    private static string Invoked()
    {
        try
        {
            return File.ReadAllText("/proc/self/cmdline").Split('\0')[0];
        }
        catch (IOException)
        {
            return Environment.ProcessPath ?? Default;
        }
    }
}
