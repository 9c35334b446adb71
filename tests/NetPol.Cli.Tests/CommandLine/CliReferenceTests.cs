using System.CommandLine;
using System.Text;
using NetPol.Cli.CommandLine;
using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.CommandLine;

/// <summary>docs/reference/cli.md contains the help of every command. NETPOL_ACCEPT=1 rewrites it.</summary>
[TestClass, TestCategory("Unit")]
public sealed class CliReferenceTests
{
    private static readonly string File = Repository.Path("docs", "reference", "cli.md");

    [TestMethod]
    public void The_reference_matches_the_commands()
    {
        if (Environment.GetEnvironmentVariable("NETPOL_ACCEPT") == "1")
            System.IO.File.WriteAllText(File, Text());

        Assert.AreEqual(Text(), System.IO.File.ReadAllText(File), "it is stale: write it with NETPOL_ACCEPT=1");
    }

    /// <summary>The last line of a screen of 24 lines is the prompt.</summary>
    [TestMethod]
    public void The_help_of_the_root_fits_a_screen()
    {
        var lines = HelpText.Write(RootCommandFactory.Create(), "netpol").TrimEnd('\n').Split('\n');

        Assert.IsLessThanOrEqualTo(23, lines.Length);
        Assert.AreEqual("", string.Join('\n', lines.Where(l => l.Length > 80)));
    }

    /// <summary>Returns the root command and all its subcommands, in the order of the help.</summary>
    internal static IEnumerable<Command> Commands() => Below(RootCommandFactory.Create());

    private static IEnumerable<Command> Below(Command command) => [command, .. command.Subcommands.Where(c => !c.Hidden).SelectMany(Below)];

    private static string Text()
    {
        var text = new StringBuilder("""
            # Command line

            This page is generated from the commands: it is what `netpol help COMMAND` prints. [Exit codes](exit-codes.md) mean the same in every command.

            `-o json` and `-o yaml` write the same document. Every document has `apiVersion: cli.netpol.io/v1` and a `kind`, which names its
            [JSON Schema](https://json-schema.org): `CheckReport`, `Explanation`, `ServiceExplanation`, `ConnectivityMatrix`, `PolicyDiff`, `UnusedReport`,
            `NodeRuleSetList`, `LabReport`, `DeploymentStatus`, `FlowRecord` and `NodeRulesUpdate` in the folder `schemas`. `logs` writes one
            [FlowRecord](flow-record.md) per line and `watch` one NodeRulesUpdate ([node_rules.proto](node-protocol.md)) per line. As YAML, each document of a
            stream starts with `---`.

            As a kubectl plugin, link the program as `kubectl-netpol` in a folder of `$PATH`; `netpol completion kubectl` prints the script that lets kubectl
            complete it. Options of the cluster stand anywhere on the line.

            """);
        foreach (var command in Commands())
            text.Append($"\n## {HelpText.Name(command, "netpol")}\n\n```text\n{HelpText.Write(command, "netpol")}```\n");
        return text.ToString();
    }
}
