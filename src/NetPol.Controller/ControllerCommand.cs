using System.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace NetPol.Controller;

/// <summary>The command line. What a flag does not say, the environment does (<c>NETPOL_NAMESPACE</c> for <c>--namespace</c>), then the file.</summary>
internal static class ControllerCommand
{
    private static readonly ControllerOptions Defaults = new();

    private static readonly Option<string?> Config = new("--config") { Description = "A JSON file with the names of the flags as keys", HelpName = "FILE" };
    private static readonly Option<string?> Namespace = Text("--namespace", $"The namespace that NetPol lives in [{Defaults.Namespace}]", "NAMESPACE");
    private static readonly Option<string?> Name = Text("--name", "The name of this replica, which no other has: the pod's [the host's name]", "NAME");
    private static readonly Option<string?> Kubeconfig = Text("--kubeconfig", "How to reach the API server [the service account of the pod]", "FILE");
    private static readonly Option<string?> AgentServiceAccount = Text("--agent-service-account", $"The service account of the agents [{Defaults.AgentServiceAccount}]", "NAME");
    private static readonly Option<string?> TokenAudience = Text("--token-audience", $"The audience of the agents' tokens [{Defaults.TokenAudience}]", "NAME");
    private static readonly Option<string?> Service = Text("--service", $"The Service that agents connect to; the certificate is for NAME.NAMESPACE.svc [{Defaults.Service}]", "NAME");
    private static readonly Option<string?> Port = Text("--port", $"The port of the node stream (gRPC, TLS), on all addresses [{Defaults.Port}]", "PORT");
    private static readonly Option<string?> LocalPort = Text("--local-port", $"The port of /healthz, /readyz and /state (HTTP), on the loopback address [{Defaults.LocalPort}]", "PORT");
    private static readonly Option<string?> LogFormat = Text("--log-format", "text or json [json]", "FORMAT");
    private static readonly Option<string?> LogLevel = Text("--log-level", "Trace, Debug, Information, Warning, Error [Information]", "LEVEL");

    public static RootCommand Create(Func<ControllerOptions, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand("Watches a cluster, compiles its network policies, and tells every node's agent what to enforce.");
        Option<string?>[] settings = [Namespace, Name, Kubeconfig, AgentServiceAccount, TokenAudience, Service, Port, LocalPort, LogFormat, LogLevel];
        root.Options.Add(Config);
        foreach (var option in settings)
            root.Options.Add(option);
        root.SetAction(async (parsed, cancel) =>
        {
            try
            {
                return await run(Read(parsed), cancel);
            }
            catch (FormatException error)
            {
                await Console.Error.WriteLineAsync($"netpol-controller: {error.Message}");
                return 2;
            }
        });
        return root;
    }

    private static ControllerOptions Read(ParseResult parsed)
    {
        var below = Below(parsed.GetValue(Config));
        string? Of(Option<string?> option) => parsed.GetValue(option) ?? below[option.Name[2..]] ?? below[option.Name[2..].Replace('-', '_')];
        int PortOf(Option<string?> option, int otherwise) => Of(option) is not { } text ? otherwise
            : ushort.TryParse(text, out var port) && port > 0 ? port : throw new FormatException($"{option.Name}: \"{text}\" is not a port: write a number from 1 to 65535");
        return new()
        {
            Namespace = Of(Namespace) ?? Defaults.Namespace,
            Name = Of(Name) ?? Defaults.Name,
            Kubeconfig = Of(Kubeconfig),
            AgentServiceAccount = Of(AgentServiceAccount) ?? Defaults.AgentServiceAccount,
            TokenAudience = Of(TokenAudience) ?? Defaults.TokenAudience,
            Service = Of(Service) ?? Defaults.Service,
            Port = PortOf(Port, Defaults.Port),
            LocalPort = PortOf(LocalPort, Defaults.LocalPort),
            JsonLogs = Of(LogFormat) switch
            {
                null or "json" => true,
                "text" => false,
                var other => throw new FormatException($"--log-format: \"{other}\" is not a format: write text or json"),
            },
            LogLevel = Of(LogLevel) is not { } level ? Defaults.LogLevel
                : Enum.TryParse<LogLevel>(level, ignoreCase: true, out var known) && !char.IsAsciiDigit(level[0]) ? known
                : throw new FormatException($"--log-level: \"{level}\" is not a level: write Trace, Debug, Information, Warning or Error"),
        };
    }

    private static ConfigurationRoot Below(string? file)
    {
        var providers = new List<IConfigurationProvider>();
        if (file is not null)
        {
            if (!File.Exists(file))
                throw new FormatException($"--config: there is no file {file}");
            providers.Add(new JsonConfigurationSource { Path = Path.GetFullPath(file), FileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider("/") }
                .Build(new ConfigurationBuilder()));
        }
        providers.Add(new EnvironmentVariablesConfigurationProvider("NETPOL_"));
        try
        {
            return new(providers);
        }
        catch (InvalidDataException error)
        {
            throw new FormatException($"--config: {error.Message} {error.InnerException?.Message}".TrimEnd(), error);
        }
    }

    private static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };
}
