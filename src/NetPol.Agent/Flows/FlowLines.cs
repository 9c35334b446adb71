using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>A batch as JSON lines; the first tells what was lost before.</summary>
internal static class FlowLines
{
    public static ReadOnlyMemory<byte> Of(FlowBatch batch)
    {
        using var lines = new MemoryStream();
        for (var i = 0; i < batch.Records.Count; i++)
            FlowJson.WriteLine(lines, batch.Records[i], i == 0 ? batch.Lost : 0);
        return lines.GetBuffer().AsMemory(0, (int)lines.Length);
    }
}
