using System.CommandLine.Invocation;
using NetPol.Cli;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;

Console.SetOut(new EscapingWriter(Console.Out));
Console.SetError(new EscapingWriter(Console.Error));
var root = RootCommandFactory.Create();
if (args is [Completion.CommandName, .. var words])
{
    Completion.Write(Console.Out, root, words);
    return ExitCode.Success;
}
var result = root.Parse(args);
if (result.Action is ParseErrorAction mistake)
{
    mistake.ShowHelp = false;
    result.Invoke();
    Console.Error.WriteLine($"See {HelpText.Name(result.CommandResult.Command, ProgramName.Current)} --help");
    return ExitCode.NoAnswer;
}

try
{
    return await result.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
}
catch (CommandException refusal)
{
    Console.Error.WriteLine($"netpol: {refusal.Message}");
    return ExitCode.NoAnswer;
}
catch (OperationCanceledException)
{
    return ExitCode.Interrupted;
}
catch (Exception fault) when (fault is not OutOfMemoryException && Environment.GetEnvironmentVariable("NETPOL_TRACE") is not "1")
{
    var message = string.Join(": ", fault.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    Console.Error.WriteLine($"netpol: internal error ({fault.GetType().Name}: {message}). Report it with the input; NETPOL_TRACE=1 prints the stack trace, and netpol check may name the object");
    return ExitCode.InternalError;
}
