using Google.Protobuf;
using NetPol.Cli.CommandLine;
using NetPol.Protocol;
using NetPol.Protocol.Wire;

namespace NetPol.Cli.Watching;

/// <summary>Follows a node's stream as an observer and prints it.</summary>
internal static class StreamPrinter
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(preserveProtoFieldNames: true));

    /// <summary>Returns when the controller ends the stream.</summary>
    public static async Task RunAsync(ControllerChannel channel, string token, string node, string format, CancellationToken cancel)
    {
        using var call = channel.Follow(token, cancel);
        await call.RequestStream.WriteAsync(new() { Hello = new() { Node = node, Agent = "netpol watch" } }, cancel);
        var reader = new UpdateReader(node);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            var part = call.ResponseStream.Current;
            if (format is OutputFormat.Json)
                Console.WriteLine(Formatter.Format(part));
            if (reader.Add(part) is not var (head, change))
                continue;
            if (format is OutputFormat.Text)
                UpdateText.Write(Console.Out, head, change);
            await call.RequestStream.WriteAsync(new() { Ack = new() { Generation = head.Generation, Result = Ack.Types.Result.Applied } }, cancel);
        }
    }
}
