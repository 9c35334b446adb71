using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace NetPol.Hosting;

/// <summary>Logging and lifetime of a daemon's host.</summary>
public static class DaemonHost
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    /// <summary>Logs to standard output, as the options say.</summary>
    public static ILoggingBuilder AddDaemonLogging<TOptions>(this ILoggingBuilder logging)
        where TOptions : DaemonOptions
    {
        var start = new HostStart();
        logging.Services.AddSingleton(start);
        logging.Services.AddOptions<LoggerFilterOptions>().Configure<TOptions>((filter, options) => filter.MinLevel = options.LogLevel);
        logging.Services.AddOptions<ConsoleLoggerOptions>().Configure<TOptions>((console, options) =>
            console.FormatterName = options.LogFormat == LogFormat.Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Warning);
        // A start that fails is one line on standard error: the host would repeat it with a stack, and add what stopping the services does to them.
        logging.AddFilter(HostCategory, level => start.HasSucceeded && level >= LogLevel.Warning);
        logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, "O"));
        logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "HH:mm:ss.fff "));
        return logging;
    }

    /// <summary>Runs an application until a signal stops it.</summary>
    /// <exception cref="DaemonException">A port is taken.</exception>
    /// <exception cref="Exception">A background service failed.</exception>
    public static async Task RunDaemonAsync(this WebApplication app, CancellationToken cancel)
    {
        BackgroundService? failed = null;
        using var stopping = app.Lifetime.ApplicationStopping.Register(
            () => failed = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(s => s.ExecuteTask is { IsFaulted: true }));
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new DaemonException($"{error.Message} Choose another port with its flag, or stop the program that listens there.", error);
        }
        app.Services.GetRequiredService<HostStart>().HasSucceeded = true;
        await app.WaitForShutdownAsync(cancel);
        if (failed is not null)
            await failed.ExecuteTask!;
    }

    private sealed class HostStart
    {
        public bool HasSucceeded { get; set; }
    }
}

/// <summary>The pauses between attempts: each twice as long as the one before, up to a longest, and each by up to half shorter or longer, so that many clients do not retry at once.</summary>
/// <param name="first">The first pause.</param>
/// <param name="longest">The longest pause.</param>
/// <param name="random">Returns numbers from 0 to 1; null for <see cref="Random.Shared"/>.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest, Func<double>? random = null)
{
    private TimeSpan? _next;

    /// <summary>Returns the pause before the next attempt, and doubles the pause after that.</summary>
    public TimeSpan Next()
    {
        var pause = _next ?? first;
        _next = pause * 2 < longest ? pause * 2 : longest;
        return pause * (0.5 + (random ?? Random.Shared.NextDouble)());
    }

    /// <summary>After a success the first pause is the next one.</summary>
    public void Reset() => _next = null;
}

/// <summary>The daemon cannot run where it was started, whatever its settings are. The message is for the operator.</summary>
public sealed class DaemonException(string message, Exception cause) : Exception(message, cause);

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
