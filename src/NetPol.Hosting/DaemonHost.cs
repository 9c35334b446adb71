using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace NetPol.Hosting;

/// <summary>Logging and the life of a daemon's host.</summary>
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

    /// <summary>Runs an application until it is told to stop.</summary>
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
