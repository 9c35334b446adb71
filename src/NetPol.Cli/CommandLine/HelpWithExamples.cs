using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace NetPol.Cli.CommandLine;

/// <summary>The usual help, followed by the command's examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual, IReadOnlyDictionary<Command, string> examples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        if (examples.TryGetValue(parseResult.CommandResult.Command, out var text))
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var line in text.Split('\n'))
                output.WriteLine(line.Length == 0 ? "" : $"  {line}");
            output.WriteLine();
        }
        return ExitCode.Success;
    }
}
