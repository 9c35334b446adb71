using System.Text;
using Google.Protobuf;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Output;
using NetPol.Protocol;
using NetPol.Protocol.Wire;

namespace NetPol.Cli.Watching;

/// <summary>Follows a node's stream as an observer and prints it.</summary>
internal static class StreamPrinter
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(preserveProtoFieldNames: true));

    /// <summary>Returns when the controller ends the stream.</summary>
    public static async Task RunAsync(ControllerChannel channel, string token, string node, OutputFormat format, CancellationToken cancel)
    {
        using var call = channel.Follow(token, cancel);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = node, Agent = "netpol watch" } }, cancel);
        var reader = new UpdateReader(node);
        await using var stdout = Console.OpenStandardOutput();
        while (await call.ResponseStream.MoveNext(cancel))
        {
            var part = call.ResponseStream.Current;
            if (format != OutputFormat.Text)
                DocumentWriter.WriteNext(stdout, format, "NodeRulesUpdate", Encoding.UTF8.GetBytes(Formatter.Format(part)));
            if (reader.Add(part) is not var (head, change))
                continue;
            if (format == OutputFormat.Text)
                UpdateText.Write(Console.Out, head, change);
            await call.RequestStream.WriteAsync(new() { Ack = new() { Generation = head.Generation, Result = Ack.Types.Result.Applied } }, cancel);
        }
    }
}
