namespace NetPol.Cli.Tests;

[TestClass, TestCategory("Process")]
public sealed class CommandLineTests
{
    private const int Usage = 2;

    [TestMethod]
    [DataRow("", "netpol lab run")]
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
    [DataRow("matrix -f x --port http", "--port http: write a port from 1 to 65535, a slash and TCP, UDP or SCTP, such as 5432/TCP; or ICMP")]
    [DataRow("matrix -f x --port 0/TCP", "--port 0/TCP: write a port")]
    [DataRow("matrix -f x --port 65536/UDP", "--port 65536/UDP: write a port")]
    [DataRow("matrix -f x --address 10.0.0.256", "--address 10.0.0.256: write an IPv4 or IPv6 address")]
    [DataRow("matrix -f x -o yaml", "-o yaml: write table or json or html")]
    [DataRow("lab run -f x --nodes 0", "--nodes 0: write a number from 1 to 250")]
    [DataRow("lab run -f x --nodes many", "--nodes many: write a number from 1 to 250")]
    [DataRow("completion tcsh", "'tcsh'")]
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
    public async Task A_cluster_that_does_not_answer_is_told_of_in_one_line()
    {
        var file = Path.Combine(NetPolProcess.Fixture("."), "unreachable.kubeconfig");

        var outcome = await NetPolProcess.RunAsync("check", "--kubeconfig", file);

        Assert.AreEqual(1, outcome.ExitCode);
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
    public async Task Bash_completion_offers_commands_options_and_values()
    {
        Assert.IsFalse((await NetPolProcess.RunAsync("[suggest:4]", "lab ")).Output.Contains('/'), "no option as Windows writes it");
        Assert.AreEqual("check\n", (await NetPolProcess.RunAsync("[suggest:3]", "che")).Output);
        StringAssert.Contains((await NetPolProcess.RunAsync("[suggest:9]", "matrix --")).Output, "--address");
        StringAssert.Contains((await NetPolProcess.RunAsync("[suggest:10]", "matrix -o ")).Output, "html");
        StringAssert.Contains((await NetPolProcess.RunAsync("completion", "bash")).Output, "complete -o filenames -F _netpol netpol");
    }
}
