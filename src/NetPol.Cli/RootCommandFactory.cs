using System.CommandLine;
using System.CommandLine.Help;
using NetPol.Cli.Check;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Diff;
using NetPol.Cli.Explain;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Lab;
using NetPol.Cli.Logs;
using NetPol.Cli.Matrix;
using NetPol.Cli.Rules;
using NetPol.Cli.Status;
using NetPol.Cli.Unused;
using NetPol.Cli.Watch;

namespace NetPol.Cli;

/// <summary>Creates the root command with all commands.</summary>
internal static class RootCommandFactory
{
    public static RootCommand Create()
    {
        var global = new GlobalOptions();
        var root = new RootCommand("Check, explain, test, and monitor Kubernetes network policies.");
        global.AddTo(root);
        foreach (var create in new[]
        {
            CheckCommand.Create, ExplainCommand.Create, MatrixCommand.Create, DiffCommand.Create, UnusedCommand.Create, RulesCommand.Create,
            RenderCommand.Create, LabCommand.Create, StatusCommand.Create, LogsCommand.Create, WatchCommand.Create,
        })
        {
            root.Add(create(global));
        }
        root.Add(CompletionCommand.Create());
        root.Add(HelpCommand());
        root.Add(VersionCommand());
        global.RefuseUnused(root);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Show the help of a command.";
        help.Aliases.Remove("/?");
        help.Aliases.Remove("/h");
        help.Aliases.Remove("-?");
        help.Action = new HelpTextAction();
        root.Options.OfType<VersionOption>().Single().Description = "Show the version.";
        root.SetAction(HelpTextAction.Write);
        return root;
    }

    private static NetPolCommand HelpCommand()
    {
        var words = new Argument<string[]>("COMMAND") { Description = "Command, such as lab run.", Arity = ArgumentArity.ZeroOrMore };
        words.CompletionSources.Add(completion => completion.ParseResult.RootCommandResult.Command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
        var command = new NetPolCommand("help", "Show the help of a command.") { Examples = "netpol help lab run" };
        command.Add(words);
        command.SetAction(result =>
        {
            var found = result.RootCommandResult.Command;
            foreach (var word in result.GetValue(words) ?? [])
            {
                found = found.Subcommands.FirstOrDefault(c => string.Equals(c.Name, word, StringComparison.Ordinal))
                    ?? throw new CommandException($"help: there is no command {word}; write one of {string.Join(", ", found.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}");
            }
            Console.Out.Write(HelpText.Write(found, ProgramName.Current));
        });
        return command;
    }

    private static NetPolCommand VersionCommand()
    {
        var command = new NetPolCommand("version", "Show the version.") { Examples = "netpol version" };
        command.SetAction(result => result.RootCommandResult.Command.Parse("--version").Invoke());
        return command;
    }
}
