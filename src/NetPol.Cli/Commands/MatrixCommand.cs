using System.CommandLine;
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
        netpol matrix -f policies.yaml -f world.yaml --port 80/TCP --port 53/UDP --port ICMP
        netpol matrix -f policy-samples/three-tier --address 192.0.2.7 -o json | jq '.[] | select(.verdict == "deny")'
        netpol matrix -f policy-samples/three-tier -o html > matrix.html
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var ports = SharedOptions.Ports("A port to ask for: 80/TCP, 53/UDP, 7777/SCTP or ICMP. Can be repeated. Without it: every port that a pod declares.");
        var addresses = SharedOptions.Addresses();
        var output = SharedOptions.Output(OutputFormat.Table, OutputFormat.Json, OutputFormat.Html);
        var command = new Command("matrix", "Say for every ordered pair of pods, and every port, whether the policies allow the connection and who decides it on each side.")
        {
            ports, addresses, output,
        };
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
        return (command, Examples);
    }

    private static void Write(Matrix matrix, string format)
    {
        switch (format)
        {
            case OutputFormat.Json:
                using (var stdout = Console.OpenStandardOutput())
                    Json.WriteLines(stdout, matrix.Entries, (json, entry) => MatrixJson.WriteEntry(json, entry));
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
