using NetPol.Cli.CommandLine;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;

namespace NetPol.Cli.Labs;

/// <summary><c>lab run</c>: a lab for one question.</summary>
internal static class LabRun
{
    /// <summary>Returns the exit code.</summary>
    public static async Task<int> RunAsync(LabRequest request, string format, CancellationToken cancel)
    {
        LabSession.RequireSupport();
        var plan = LabPlan.Load(request);
        LeftOut.Report(plan.World, plan.Matrix);
        using var session = LabSession.Start(plan, $"run-{Environment.ProcessId}", cancel);
        var reached = await session.ProbeAsync(plan.Matrix.Entries, cancel);
        if (format is OutputFormat.Json)
            LabReport.WriteJson(plan.Matrix.Entries, reached);
        else
            LabReport.WriteTable(Screen.Out(), plan.Matrix, reached);
        return reached.Agrees ? ExitCode.Success : ExitCode.Failure;
    }
}
