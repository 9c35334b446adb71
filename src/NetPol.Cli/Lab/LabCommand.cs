using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Lab;

namespace NetPol.Cli.Lab;

/// <summary><c>netpol lab</c>: tests the policies with real packets.</summary>
internal static class LabCommand
{
    private const string UpName = "default";

    private static readonly TimeSpan DownTimeout = TimeSpan.FromSeconds(60);

    public static NetPolCommand Create(GlobalOptions global)
    {
        var command = new NetPolCommand("lab", "Run nodes and pods as network namespaces, with rules in the kernel.")
        {
            Remarks = "Needs Linux with nf_tables, and root.",
            Examples = """
                netpol lab run -f policy-samples/three-tier
                netpol lab up -f policy-samples/three-tier       # then edit its files
                netpol lab exec shop/web-1 -- bash               # in another terminal
                netpol lab down
                """,
        };
        command.Add(Run(global));
        command.Add(Up(global));
        command.Add(Exec());
        command.Add(Down());
        command.SetAction(HelpTextAction.Write);
        return command;
    }

    private static NetPolCommand Run(GlobalOptions global)
    {
        var options = new LabOptions(global);
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("run", "Create a lab, try every connection with real packets, and remove the lab.")
        {
            Remarks = $"{ManifestOptions.Remarks} Needs root.\nExit code 1: a packet disagrees with the policies.",
            Examples = """
                netpol lab run -f policy-samples/three-tier
                netpol lab run -f policy-samples/three-tier --port 5432/TCP --port ICMP --nodes 3 -o json
                """,
        };
        options.AddTo(command);
        command.Add(output);
        command.SetAction((result, cancel) => LabRun.RunAsync(options.Read(result), result.GetRequiredValue(output), cancel));
        return command;
    }

    private static NetPolCommand Up(GlobalOptions global)
    {
        var options = new LabOptions(global);
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("up", "Create a lab, and try every connection after each change of the files.")
        {
            Remarks = $"{ManifestOptions.Remarks} Needs root. Runs until Ctrl-C or lab down.\nA change of nodes, pods or addresses creates the lab again.",
            Examples = """
                netpol lab up -f policy-samples/three-tier
                netpol lab up -f policy-samples/three-tier -o json | jq '.items[] | select(.verdict != .observed)'
                """,
        };
        options.AddTo(command);
        command.Add(output);
        command.SetAction((result, cancel) => new LabUp(options.Read(result), UpName, result.GetRequiredValue(output)).RunAsync(cancel));
        return command;
    }

    private static NetPolCommand Exec()
    {
        var pod = new Argument<string>("POD") { Description = "Pod (NAMESPACE/NAME), node, or outside address." };
        var program = new Argument<string[]>("COMMAND") { Description = "Program and its arguments, after two dashes.", Arity = ArgumentArity.OneOrMore };
        var command = new NetPolCommand("exec", "Run a command in a pod of the lab. The exit code is that of the command.")
        {
            Examples = """
                netpol lab exec shop/web-1 -- ip address
                netpol lab exec shop/web-1 -- bash
                """,
        };
        command.Add(pod);
        command.Add(program);
        command.SetAction(result =>
        {
            LabSession.RequireSupport();
            // The command shares the terminal and handles Ctrl-C itself.
            Console.CancelKeyPress += (_, key) => key.Cancel = true;
            return WithLabErrors(() => LabNetwork.Exec(UpName, result.GetRequiredValue(pod), result.GetRequiredValue(program)));
        });
        return command;
    }

    private static NetPolCommand Down()
    {
        var command = new NetPolCommand("down", "Remove the lab that is up, or the remains of one.") { Examples = "netpol lab down" };
        command.SetAction(_ =>
        {
            LabSession.RequireSupport();
            Console.Error.WriteLine(WithLabErrors(() => LabNetwork.Remove(UpName, DownTimeout)) ? "removed" : "no lab is up");
        });
        return command;
    }

    private static T WithLabErrors<T>(Func<T> action)
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
