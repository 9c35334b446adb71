using System.CommandLine;
using NetPol.Cli.CommandLine;

namespace NetPol.Cli.Tests.CommandLine;

[TestClass, TestCategory("Process")]
public sealed class CommandLineTests
{
    private const int Usage = 2;

    [TestMethod]
    [DataRow("check", "netpol check -f policies.yaml")]
    [DataRow("explain", "--from shop/web-1")]
    [DataRow("matrix", "-o html > matrix.html")]
    [DataRow("diff", "netpol diff -f new-policy.yaml")]
    [DataRow("diff", "-o html > diff.html")]
    [DataRow("unused", "netpol unused -f")]
    [DataRow("rules", "netpol rules -f")]
    [DataRow("render", "nft -c -f -")]
    [DataRow("lab", "netpol lab down")]
    [DataRow("lab run", "--nodes 3")]
    [DataRow("lab up", "netpol lab up -f")]
    [DataRow("lab exec", "-- bash")]
    [DataRow("lab down", "netpol lab down")]
    [DataRow("completion", "source <(netpol completion bash)")]
    public async Task Every_command_has_help_with_examples(string command, string example)
    {
        var outcome = await NetPolProcess.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        StringAssert.Contains(outcome.Output, "Examples:");
        StringAssert.Contains(outcome.Output, example);
        Assert.AreEqual("", outcome.Error);
    }

    [TestMethod]
    [DataRow("render --node x", "nothing to read: name files with -f, or a kustomization with -k")]
    [DataRow("matrx", "Did you mean one of the following?")]
    [DataRow("lab ecex", "See netpol lab --help")]
    [DataRow("matrix -f x --port http", "--port http: write a port from 1 to 65535, a slash and TCP, UDP or SCTP, such as 5432/TCP; or ICMP")]
    [DataRow("matrix -f x --port 0/TCP", "--port 0/TCP: write a port")]
    [DataRow("matrix -f x --port 65536/UDP", "--port 65536/UDP: write a port")]
    [DataRow("matrix -f x --address 10.0.0.256", "--address 10.0.0.256: write an IPv4 or IPv6 address")]
    [DataRow("matrix -f x -o xml", "-o xml: write table or json or yaml or html")]
    [DataRow("lab run -f x --nodes 0", "--nodes 0: write a number from 1 to 250")]
    [DataRow("lab run -f x --nodes many", "--nodes many: write a number from 1 to 250")]
    [DataRow("completion tcsh", "'tcsh'")]
    [DataRow("check -f x --fail-on never", "--fail-on never: write error or warning")]
    [DataRow("watch --node x --controller here", "--controller here: write a host, a colon and a port, such as 10.0.0.7:9443")]
    [DataRow("matrix -f x --prot 80", "--prot: there is no such option")]
    [DataRow("lab exec x", "See netpol lab exec --help")]
    public async Task A_wrong_command_line_says_what_to_write_and_ends_with_2(string command, string message)
    {
        var outcome = await NetPolProcess.RunAsync(command.Split(' '));

        Assert.AreEqual(Usage, outcome.ExitCode);
        StringAssert.Contains(outcome.Output + outcome.Error, message);
        StringAssert.Contains(outcome.Error, "--help");
    }

    [TestMethod]
    [DataRow("check")]
    [DataRow("matrix")]
    [DataRow("rules")]
    public async Task Without_files_and_without_a_cluster_there_is_nothing_to_read(string command)
    {
        var outcome = await NetPolProcess.RunAsync(command);

        Assert.AreEqual(Usage, outcome.ExitCode);
        Assert.AreEqual("netpol: nothing to read: name files with -f, or a cluster with --kubeconfig\n", outcome.Error);
    }

    [TestMethod]
    [DataRow("status")]
    [DataRow("watch --node n1")]
    public async Task A_cluster_that_is_not_named_is_asked_for(string command)
    {
        var outcome = await NetPolProcess.RunAsync(command.Split(' '));

        Assert.AreEqual(Usage, outcome.ExitCode);
        Assert.AreEqual("netpol: there is no kubeconfig: name one with --kubeconfig or in KUBECONFIG\n", outcome.Error);
    }

    [TestMethod]
    public async Task A_cluster_that_does_not_answer_is_reported_of_in_one_line()
    {
        var file = Path.Combine(NetPolProcess.Fixture("."), "unreachable.kubeconfig");

        var outcome = await NetPolProcess.RunAsync("check", "--kubeconfig", file);

        Assert.AreEqual(Usage, outcome.ExitCode);
        Assert.AreEqual("netpol: the cluster cannot be reached: Connection refused\n", outcome.Error);
    }

    [TestMethod]
    public async Task A_context_that_is_not_in_the_kubeconfig_is_named()
    {
        var file = Path.Combine(NetPolProcess.Fixture("."), "unreachable.kubeconfig");

        var outcome = await NetPolProcess.RunAsync("status", "--kubeconfig", file, "--context", "production");

        Assert.AreEqual(Usage, outcome.ExitCode);
        StringAssert.Contains(outcome.Error, "production");
        StringAssert.Contains(outcome.Error, "unreachable.kubeconfig");
    }

    [TestMethod]
    public async Task Without_a_command_there_is_help()
    {
        var outcome = await NetPolProcess.RunAsync();

        Assert.AreEqual((0, HelpText.Write(RootCommandFactory.Create(), "netpol"), ""), (outcome.ExitCode, outcome.Output, outcome.Error));
    }

    [TestMethod]
    public async Task Help_and_version_are_commands_and_options()
    {
        Assert.AreEqual(await NetPolProcess.RunAsync("lab", "run", "--help"), await NetPolProcess.RunAsync("help", "lab", "run"));
        Assert.AreEqual(await NetPolProcess.RunAsync("--version"), await NetPolProcess.RunAsync("version"));
        var unknown = await NetPolProcess.RunAsync("help", "lab", "ran");
        Assert.AreEqual((Usage, "netpol: help: there is no command ran; write one of run, up, exec, down\n"), (unknown.ExitCode, unknown.Error));
    }

    [TestMethod]
    [DataRow("--context production status --kubeconfig {0}")]
    [DataRow("--kubeconfig {0} status --context production")]
    [DataRow("--kubeconfig {0} --context production --namespace shop check")]
    public async Task Options_of_the_cluster_stand_anywhere(string line)
    {
        var outcome = await NetPolProcess.RunAsync(line.Replace("{0}", Path.Combine(NetPolProcess.Fixture("."), "unreachable.kubeconfig"), StringComparison.Ordinal).Split(' '));

        Assert.AreEqual(Usage, outcome.ExitCode);
        StringAssert.Contains(outcome.Error, "production");
    }

    [TestMethod]
    public void Help_fits_a_screen()
    {
        const int Lines = 28;
        const int Columns = 100;
        foreach (var command in CliReferenceTests.Commands())
        {
            var lines = HelpText.Write(command, "netpol").TrimEnd('\n').Split('\n');
            Assert.IsLessThanOrEqualTo(command is RootCommand ? Lines : Lines - 3, lines.Length, command.Name);
            Assert.AreEqual("", string.Join('\n', lines.Where(l => l.Length > Columns)), command.Name);
        }
    }

    [TestMethod]
    [DataRow("che", "check :4")]
    [DataRow("matrix -o |", "html json table yaml :4")]
    [DataRow("check --ig", "--ignore :4")]
    [DataRow("lab |", "--context --help --kubeconfig --namespace -h -n down exec run up :4")]
    [DataRow("explain -f {0} --from shop/w", "shop/web :4")]
    [DataRow("explain -f {0} --to shop/", "shop/agent shop/db shop/web :4")]
    [DataRow("render -f {0} --node |", "node-1 node-2 :4")]
    [DataRow("diff -f {0} --without net", "networkpolicy/shop/db :4")]
    [DataRow("check -f policies/x", ":0")]
    [DataRow("explain -f nowhere --from |", ":0")]
    [DataRow("render --node |", ":0")]
    public void Completion_offers_commands_values_and_names(string line, string expected)
    {
        NameCompletion.Timeout = TimeSpan.FromMinutes(1);
        using var output = new StringWriter();

        Completion.Write(output, RootCommandFactory.Create(), [.. line.Split(' ').Select(w => w == "|" ? "" : w.Replace("{0}", NetPolProcess.Fixture("small"), StringComparison.Ordinal))]);

        Assert.AreEqual(expected, output.ToString().TrimEnd('\n').Replace('\n', ' '));
    }

    [TestMethod]
    public async Task Completion_scripts_ask_netpol()
    {
        Assert.AreEqual("check\n:4\n", (await NetPolProcess.RunAsync("__complete", "che")).Output);
        foreach (var shell in new[] { "bash", "zsh", "fish", "kubectl" })
            StringAssert.Contains((await NetPolProcess.RunAsync("completion", shell)).Output, "__complete");
    }
}
