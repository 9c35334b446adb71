using NetPol.Cli.Output;
using NetPol.Lab;

namespace NetPol.Cli.Labs;

/// <summary>Shows how far the lab is.</summary>
internal sealed class LabProgressLine(ProgressLine line) : IProgress<LabProgress>
{
    public void Report(LabProgress value) => line.Show($"{value.Step} {value.Done}/{value.Total}");
}
