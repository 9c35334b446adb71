using System.CommandLine;
using NetPol.Controller.Watching;
using NetPol.Hosting;

namespace NetPol.Controller;

/// <summary>The command line.</summary>
internal static class ControllerCommand
{
    private const int WrongSettings = 2;
    private static readonly ControllerOptions Defaults = new();

    private static readonly Option<string?> Namespace = Settings.Option("--namespace", $"The namespace that NetPol lives in [{Defaults.Namespace}]", "NAMESPACE");
    private static readonly Option<string?> Name = Settings.Option("--name", "The name of this replica, which no other has: the pod's [the host's name]", "NAME");
    private static readonly Option<string?> Address = Settings.Option("--address", "The IP address at which the other replicas reach this one: the pod's [none]", "ADDRESS");
    private static readonly Option<string?> Kubeconfig = Settings.Option("--kubeconfig", "How to reach the API server [the service account of the pod]", "FILE");
    private static readonly Option<string?> AgentServiceAccount = Settings.Option("--agent-service-account", $"The service account of the agents [{Defaults.AgentServiceAccount}]", "NAME");
    private static readonly Option<string?> ObserverServiceAccount = Settings.Option("--observer-service-account", $"The service account whose tokens let people read any node's rules [{Defaults.ObserverServiceAccount}]", "NAME");
    private static readonly Option<string?> TokenAudience = Settings.Option("--token-audience", $"The audience of the agents' tokens [{Defaults.TokenAudience}]", "NAME");
    private static readonly Option<string?> Service = Settings.Option("--service", $"The Service that agents connect to; the certificate is for NAME.NAMESPACE.svc [{Defaults.Service}]", "NAME");
    private static readonly Option<string?> Port = Settings.Option("--port", $"The port of the node stream (gRPC, TLS), on all addresses [{Defaults.Port}]", "PORT");
    private static readonly Option<string?> LocalPort = Settings.Option("--local-port", $"The port of /healthz, /readyz, /state and /metrics (HTTP), on the loopback address [{Defaults.LocalPort}]", "PORT");
    private static readonly Option<string?> PagePort = Settings.Option("--page-port", "A port that serves the page for people (HTTPS, for observers' tokens), on all addresses [none]", "PORT");
    private static readonly Option<string?> NamespaceNetworks = Budget("networks", "CIDR blocks that the NetworkPolicies of one namespace may name", Defaults.Budget.Networks);
    private static readonly Option<string?> NamespaceEntries = Budget("entries", "Policy entries (pods × peers that their rules tell apart) of one namespace on one node", Defaults.Budget.Entries);
    private static readonly Option<string?> NamespacePortRanges = Budget("port-ranges", "Port ranges (port policies × ranges of the rules in them) of one namespace on one node", Defaults.Budget.PortRanges);
    private static readonly Option<string?> NamespacePortPolicies = Budget("port-policies", "Port policies and rules of one namespace on one node", Defaults.Budget.PortPolicies);

    private static readonly Option<string?> SourceGrants = Settings.Option("--source-grants", "A YAML or JSON file that lets pods send from further addresses, such as VPN gateways; a change of it is followed [none]", "FILE");

    public static RootCommand Create(Func<ControllerOptions, CancellationToken, Task> run)
    {
        var root = new RootCommand("Watches a cluster, compiles its network policies, and tells every node's agent what to enforce.");
        foreach (var option in (Option<string?>[])[Settings.Config, Namespace, Name, Address, Kubeconfig, AgentServiceAccount, ObserverServiceAccount, TokenAudience, Service, Port, LocalPort, PagePort, SourceGrants, NamespaceNetworks, NamespaceEntries, NamespacePortRanges, NamespacePortPolicies, Settings.MetricsPort, Settings.OtlpEndpoint, Settings.LogFormat, Settings.LogLevel])
            root.Options.Add(option);
        root.SetAction(async (parsed, cancel) =>
        {
            try
            {
                await run(Read(new(parsed)), cancel);
                return Environment.ExitCode;
            }
            catch (FormatException error)
            {
                await Console.Error.WriteLineAsync($"netpol-controller: {error.Message}");
                return WrongSettings;
            }
        });
        return root;
    }

    private static Option<string?> Budget(string what, string description, int most) =>
        Settings.Option($"--namespace-{what}", $"{description}; a namespace with more is isolated [{most}]", "N");

    private static ControllerOptions Read(Settings settings) => new()
    {
        Namespace = settings.Text(Namespace) ?? Defaults.Namespace,
        Name = settings.Text(Name) ?? Defaults.Name,
        Address = settings.Address(Address),
        Kubeconfig = settings.Text(Kubeconfig),
        AgentServiceAccount = settings.Text(AgentServiceAccount) ?? Defaults.AgentServiceAccount,
        ObserverServiceAccount = settings.Text(ObserverServiceAccount) ?? Defaults.ObserverServiceAccount,
        TokenAudience = settings.Text(TokenAudience) ?? Defaults.TokenAudience,
        Service = settings.Text(Service) ?? Defaults.Service,
        Port = settings.Port(Port, Defaults.Port),
        LocalPort = settings.Port(LocalPort, Defaults.LocalPort),
        PagePort = settings.Text(PagePort) is null ? null : settings.Port(PagePort, 0),
        Budget = new()
        {
            Networks = settings.Count(NamespaceNetworks, Defaults.Budget.Networks),
            Entries = settings.Count(NamespaceEntries, Defaults.Budget.Entries),
            PortRanges = settings.Count(NamespacePortRanges, Defaults.Budget.PortRanges),
            PortPolicies = settings.Count(NamespacePortPolicies, Defaults.Budget.PortPolicies),
        },
        SourceGrantsFile = SourceGrantsFile(settings),
        Metrics = settings.Metrics,
        JsonLogs = settings.JsonLogs,
        LogLevel = settings.Level,
    };

    /// <exception cref="FormatException">The file is not there or is not as it should be.</exception>
    private static string? SourceGrantsFile(Settings settings)
    {
        if (settings.Text(SourceGrants) is not { } file)
            return null;
        SourceGrantWatch.Read(file);
        return file;
    }
}
