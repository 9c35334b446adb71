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
catch (Exception fault) when (fault is not OutOfMemoryException && Environment.GetEnvironmentVariable("NETPOL_TRACE") is not "1")
{
    var words = string.Join(": ", fault.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    Console.Error.WriteLine($"netpol: this is a fault of netpol ({fault.GetType().Name}: {words}); report it with the input. \"netpol check\" may name the object, NETPOL_TRACE=1 shows the place");
    return ExitCode.Fault;
}
