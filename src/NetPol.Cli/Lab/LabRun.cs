using NetPol.Cli.Infrastructure;
using NetPol.Cli.Matrix;

namespace NetPol.Cli.Lab;

/// <summary><c>lab run</c>: builds a lab, tries the connections, and removes the lab.</summary>
internal static class LabRun
{
    /// <summary>Runs the command. Returns the exit code.</summary>
    public static async Task<int> RunAsync(LabRequest request, OutputFormat format, CancellationToken cancel)
    {
        LabSession.RequireSupport();
        var plan = await LabScenario.LoadAsync(request, cancel);
        OmittedPods.Report(plan.Cluster, plan.Matrix);
        using var session = LabSession.Start(plan, $"run-{Environment.ProcessId}", cancel);
        var reached = await session.ProbeAsync(plan.Entries, cancel);
        if (format == OutputFormat.Table)
            LabTable.WriteTable(Terminal.Out(), plan, reached);
        else
            DocumentWriter.WriteList(format, LabDocument.Create(plan.Entries, reached));
        return reached.Agrees ? ExitCode.Success : ExitCode.Found;
    }
}
