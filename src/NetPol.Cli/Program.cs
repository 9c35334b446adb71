using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using NetPol.Cli;
using NetPol.Cli.Commands;
using NetPol.Cli.Output;

Console.SetOut(new VisibleWriter(Console.Out));
Console.SetError(new VisibleWriter(Console.Error));
var result = RootCommandFactory.Create().Parse(args);
if (result.Action is ParseErrorAction mistake)
{
    mistake.ShowHelp = false;
    result.Invoke();
    var names = new Stack<string>();
    for (var command = result.CommandResult; command is not null; command = command.Parent as CommandResult)
        names.Push(command.Command.Name);
    Console.Error.WriteLine($"See {string.Join(' ', names)} --help");
    return ExitCode.Usage;
}

try
{
    return await result.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
}
catch (CommandException refusal)
{
    Console.Error.WriteLine($"netpol: {refusal.Message}");
    return refusal.ExitCode;
}
catch (OperationCanceledException)
{
    return ExitCode.Interrupted;
}
