using System.CommandLine;
using NetPol.Hosting;

namespace NetPol.Controller;

/// <summary>The command line.</summary>
internal static class ControllerCommand
{
    public static RootCommand Create() => DaemonCommand.Create(
        "Watches a cluster, compiles its network policies, and tells every node's agent what to enforce.",
        ControllerOptions.Settings, () => [], configuration => configuration.Bind(new ControllerOptions()), ControllerHost.RunAsync);
}
