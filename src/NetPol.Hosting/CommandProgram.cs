using System.CommandLine;

namespace NetPol.Hosting;

/// <summary>Runs a program's command line so that every exception ends as one line on standard error.</summary>
public static class CommandProgram
{
    private const int Failure = 1;
    private const int Fault = 70;
    private const int Interrupted = 130;

    /// <summary>
    /// Returns the exit code: the command's; 1 where a port or file cannot be used; 70 (EX_SOFTWARE of sysexits.h) after a fault of the program; 130 after Ctrl-C.
    /// With <c>NETPOL_TRACE=1</c> an exception passes, so that its place is shown.
    /// </summary>
    public static async Task<int> RunAsync(string name, RootCommand command, string[] args)
    {
        try
        {
            return await command.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{name}: {OneLine(error.Message)} Correct the file's name or its permissions; where a port is taken, choose another one with the flag of that port.");
            return Failure;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException && Environment.GetEnvironmentVariable("NETPOL_TRACE") is not "1")
        {
            await Console.Error.WriteLineAsync($"{name}: this is a fault of {name} ({fault.GetType().Name}: {OneLine(fault.Message)}); report it with the command line. NETPOL_TRACE=1 shows the place");
            return Fault;
        }
    }

    private static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
