using System.CommandLine;
using System.CommandLine.Invocation;

namespace NetPol.Cli.CommandLine;

/// <summary>The action of <c>--help</c>: prints the help of the command that was parsed, whatever else is on the line.</summary>
internal sealed class HelpTextAction : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult) => Write(parseResult);

    /// <summary>The action of a command that only has subcommands.</summary>
    public static int Write(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.Write(HelpText.Write(parseResult.CommandResult.Command, ProgramName.Current));
        return ExitCode.Success;
    }
}
