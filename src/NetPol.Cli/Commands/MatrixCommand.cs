using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Cli.Services;
using NetPol.Compiler;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol matrix</c>: who reaches whom.</summary>
internal static class MatrixCommand
{
    private const string Examples = """
        netpol matrix -f policy-samples/three-tier
        netpol matrix -f policy-samples/three-tier -o json | jq '.items[] | select(.verdict == "deny")'
        netpol matrix -f policy-samples/three-tier -o html > matrix.html
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new WorldOptions(global);
        var ports = SharedOptions.Ports("Ports, such as 80/TCP or ICMP (default: all that pods declare).");
        var addresses = SharedOptions.Addresses();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, OutputFormat.Html);
        var command = new NetPolCommand("matrix", "Show which pods can connect to which, on every port, and which policy decides.")
        {
            Remarks = WorldOptions.Remarks,
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
            var world = WorldLoader.Complete(loaded);
            Comparable.Require(world, "there is nothing to show");
            var (asked, named) = (result.GetValue(ports) ?? [], result.GetValue(addresses) ?? []);
            var services = await ServiceColumns.ReadAsync(named, asked, loaded, world, source, cancel);
            using var progress = new ProgressLine();
            progress.Show("compiling");
            (world, var ruleSets) = CompileCheck.Compile(world, w => PolicyCompiler.Compile(w));
            var matrix = Matrix.Of(world, ruleSets, asked, named, services);
            progress.Clear();
            LeftOut.Report(world, matrix);
            Write(matrix, result.GetRequiredValue(output));
        });
        return command;
    }

    private static void Write(Matrix matrix, OutputFormat format)
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
                MatrixTable.Write(Screen.Out(), matrix);
                break;
        }
    }
}
