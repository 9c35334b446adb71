using NetPol.Cli.CommandLine;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;

namespace NetPol.Cli.Labs;

/// <summary><c>lab run</c>: a lab for one question.</summary>
internal static class LabRun
{
    /// <summary>Returns the exit code.</summary>
    public static async Task<int> RunAsync(LabRequest request, OutputFormat format, CancellationToken cancel)
    {
        LabSession.RequireSupport();
        var plan = await LabPlan.LoadAsync(request, cancel);
        LeftOut.Report(plan.World, plan.Matrix);
        using var session = LabSession.Start(plan, $"run-{Environment.ProcessId}", cancel);
        var reached = await session.ProbeAsync(plan.Entries, cancel);
        if (format == OutputFormat.Table)
            LabReport.WriteTable(Screen.Out(), plan, reached);
        else
            DocumentWriter.WriteList(format, LabDocument.Create(plan.Entries, reached));
        return reached.Agrees ? ExitCode.Success : ExitCode.Found;
    }
}
