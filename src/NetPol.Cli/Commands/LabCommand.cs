using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Labs;
using NetPol.Lab;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol lab</c>: the policies on real packets.</summary>
internal static class LabCommand
{
    private const string UpName = "default";

    private const string Examples = """
        netpol lab run -f policy-samples/three-tier
        netpol lab up -f policy-samples/three-tier       # then edit its files
        netpol lab exec shop/web-1 -- bash               # in another terminal
        netpol lab down
        """;

    private static readonly TimeSpan DownPatience = TimeSpan.FromSeconds(60);

    public static (Command Command, string Examples) Create(Dictionary<Command, string> examples)
    {
        var command = new Command(
            "lab",
            "Nodes and pods as network namespaces on this machine, with the policies enforced by its kernel. Needs Linux with nf_tables, and root.");
        foreach (var (subcommand, text) in new[] { Run(), Up(), Exec(), Down() })
        {
            command.Add(subcommand);
            examples.Add(subcommand, text);
        }
        return (command, Examples);
    }

    private static (Command Command, string Examples) Run()
    {
        var options = new LabOptions();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json);
        var command = new Command("run", "Make the lab, try every connection with real packets, print expected beside observed, remove the lab. Exits with 1 when a packet disagrees.")
        {
            output,
        };
        options.AddTo(command);
        command.SetAction((result, cancel) => LabRun.RunAsync(options.Read(result), result.GetRequiredValue(output), cancel));
        return (command, """
            netpol lab run -f policy-samples/three-tier
            netpol lab run -f policy-samples/three-tier --port 5432/TCP --port ICMP --nodes 3 -o json
            """);
    }

    private static (Command Command, string Examples) Up()
    {
        var options = new LabOptions();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json);
        var command = new Command(
            "up",
            "Make the lab and stay: when a file changes, the difference is applied and what changed is printed. Ctrl-C, or lab down, removes it. A change of nodes, pods or addresses makes the lab anew.")
        {
            output,
        };
        options.AddTo(command);
        command.SetAction((result, cancel) => new LabUp(options.Read(result), UpName, result.GetRequiredValue(output)).RunAsync(cancel));
        return (command, """
            netpol lab up -f policy-samples/three-tier
            netpol lab up -f policy-samples/three-tier -o json | jq '.[] | select(.verdict != .observed)'
            """);
    }

    private static (Command Command, string Examples) Exec()
    {
        var pod = new Argument<string>("POD") { Description = "namespace/pod; or a node's name, or an outside address." };
        var program = new Argument<string[]>("COMMAND") { Description = "The program and its arguments, after two dashes.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command inside a pod of the lab that is up. Exits with the command's exit code.") { pod, program };
        command.SetAction(result =>
        {
            LabSession.RequireSupport();
            // Ctrl-C is for the command, which shares the terminal.
            Console.CancelKeyPress += (_, key) => key.Cancel = true;
            return Guarded(() => LabNetwork.Exec(UpName, result.GetRequiredValue(pod), result.GetRequiredValue(program)));
        });
        return (command, """
            netpol lab exec shop/web-1 -- ip address
            netpol lab exec shop/web-1 -- bash
            """);
    }

    private static (Command Command, string Examples) Down()
    {
        var command = new Command("down", "Remove the lab that is up, or what is left of one.");
        command.SetAction(_ =>
        {
            LabSession.RequireSupport();
            Console.Error.WriteLine(Guarded(() => LabNetwork.Remove(UpName, DownPatience)) ? "removed" : "no lab is up");
        });
        return (command, "netpol lab down");
    }

    private static T Guarded<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (LabException error)
        {
            throw new CommandException(error.Message);
        }
    }
}
