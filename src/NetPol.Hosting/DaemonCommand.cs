using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace NetPol.Hosting;

/// <summary>The command line of a daemon. Every exception ends as one line on standard error.</summary>
public static class DaemonCommand
{
    private const int Failure = 1;
    private const int WrongSettings = 2;
    private const int Fault = 70;
    private const int Interrupted = 130;

    /// <summary>Creates the root command, with a flag for each setting.</summary>
    /// <param name="description">For <c>--help</c>.</param>
    /// <param name="settings">All settings of the daemon.</param>
    /// <param name="defaults">Returns, by name, the values that apply if no source has one.</param>
    /// <param name="bind">Binds a configuration to new options of the daemon.</param>
    /// <param name="run">Runs the daemon.</param>
    public static RootCommand Create(
        string description, IReadOnlyList<Setting> settings, Func<IEnumerable<KeyValuePair<string, string?>>> defaults, Action<IConfiguration> bind, Func<IConfiguration, CancellationToken, Task> run)
    {
        var root = new RootCommand(description);
        var config = new Option<string?>("--config") { Description = "A JSON file with the names of the flags as keys", HelpName = "FILE" };
        root.Options.Add(config);
        var flags = settings.Select(s => (s.Name, Option: s.CreateOption())).ToList();
        flags.ForEach(f => root.Options.Add(f.Option));
        root.SetAction(async (parsed, cancel) =>
        {
            var given = flags.Select(f => KeyValuePair.Create(f.Name, parsed.GetValue(f.Option))).Where(f => f.Value is not null);
            using var sources = new SettingSources(settings, defaults(), parsed.GetValue(config), given);
            sources.RequireTypes(bind);
            try
            {
                await run(sources.Configuration, cancel);
                return Environment.ExitCode;
            }
            catch (OptionsValidationException error)
            {
                throw sources.Explain(error);
            }
        });
        return root;
    }

    /// <summary>Runs a daemon's command line.</summary>
    /// <returns>
    /// The exit code: the command's; 1 where the daemon cannot run, such as with a port that is taken; 2 for a wrong setting; 70 (EX_SOFTWARE of sysexits.h) after a fault of the program;
    /// 130 after Ctrl-C. With <c>NETPOL_TRACE=1</c> a fault is not caught, so that the runtime prints its stack.
    /// </returns>
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
        catch (ConfigurationException error)
        {
            foreach (var fault in error.Faults)
                await Console.Error.WriteLineAsync($"{name}: {OneLine(fault)}");
            return WrongSettings;
        }
        catch (DaemonException error)
        {
            await Console.Error.WriteLineAsync($"{name}: {OneLine(error.Message)}");
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
