using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Cli.Services;
using NetPol.Compiler;

namespace NetPol.Cli.Matrix;

/// <summary><c>netpol matrix</c>: shows which endpoints can connect to each other.</summary>
internal static class MatrixCommand
{
    private const string Examples = """
        netpol matrix -f policy-samples/three-tier
        netpol matrix -f policy-samples/three-tier -o json | jq '.items[] | select(.verdict == "deny")'
        netpol matrix -f policy-samples/three-tier -o html > matrix.html
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new InputOptions(global);
        var ports = SharedOptions.Ports("Ports, such as 80/TCP or ICMP (default: all that pods declare).");
        var addresses = SharedOptions.Addresses();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Html);
        var command = new NetPolCommand("matrix", "Show which pods can connect to each other, by port.")
        {
            Remarks = InputOptions.Remarks,
            Examples = Examples,
        };
        command.Add(ports);
        command.Add(addresses);
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var source = options.Read(result);
            var loaded = await source.ReadAsync(cancel);
            var cluster = ClusterLoader.Complete(loaded);
            InputRequirements.Require(cluster, "there is nothing to show", withFinished: false);
            var (asked, named) = (result.GetValue(ports) ?? [], result.GetValue(addresses) ?? []);
            var services = await ServiceColumns.ReadAsync(named, asked, loaded, cluster, source, cancel);
            using var progress = new ProgressLine();
            progress.Show("compiling");
            (cluster, var ruleSets) = CompileCheck.Compile(cluster, w => PolicyCompiler.Compile(w));
            var matrix = ConnectivityMatrix.Create(cluster, ruleSets, asked, named, services);
            progress.Clear();
            OmittedPods.Report(cluster, matrix);
            Write(matrix, result.GetRequiredValue(output));
        });
        return command;
    }

    private static void Write(ConnectivityMatrix matrix, OutputFormat format)
    {
        switch (format)
        {
            case OutputFormat.Json or OutputFormat.Yaml:
                DocumentWriter.WriteList(format, MatrixDocument.Create(matrix));
                break;
            case OutputFormat.Html:
                using (var stdout = Console.OpenStandardOutput())
                    MatrixHtml.Write(stdout, matrix);
                break;
            default:
                MatrixTable.Write(Terminal.Out(), matrix);
                break;
        }
    }
}
