using System.Diagnostics;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Explaining;
using NetPol.Cli.Inputs;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Lab.Probing;
using NetPol.Model.Rules;

namespace NetPol.Cli.Labs;

/// <summary>
/// <c>lab up</c>: a lab that follows its files until it is taken down. As JSON or YAML it writes the document of <c>lab run</c> when the lab is
/// made, and one for every change with the connections whose verdict changed; messages go to standard error.
/// </summary>
internal sealed class LabUp(LabRequest request, string name, OutputFormat format)
{
    private readonly TextWriter _words = format == OutputFormat.Table ? Console.Out : Console.Error;
    private LabSession? _session;
    private bool _refused;

    /// <summary>Returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        LabSession.RequireSupport();
        if (request.Manifests.Files.Contains("-", StringComparer.Ordinal))
            throw new CommandException("lab up follows files: write their paths instead of -");
        // Watched before they are read: an edit while the lab is being made is not missed.
        using var watch = new FileWatch([.. request.Manifests.Files, .. request.Manifests.Kustomizations]);
        var plan = await LabPlan.LoadAsync(request, cancel);
        LeftOut.Report(plan.World, plan.Matrix);
        try
        {
            await StartAsync(plan, cancel);
            while (true)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, _session!.StopRequested);
                try
                {
                    await watch.WaitAsync(stop.Token);
                }
                catch (OperationCanceledException)
                {
                    return ExitCode.Success;
                }
                plan = await FollowAsync(plan, cancel);
            }
        }
        finally
        {
            _session?.Dispose();
            Console.Error.WriteLine("removed");
        }
    }

    private async Task StartAsync(LabPlan plan, CancellationToken cancel)
    {
        _session = LabSession.Start(plan, name, cancel);
        var reached = await _session.ProbeAsync(plan.Entries, cancel);
        if (format == OutputFormat.Table)
            LabReport.WriteTable(Screen.Out(), plan, reached);
        else
            WriteNext(plan.Entries, reached);
        _words.WriteLine($"{DiagnosticText.Count(plan.World.Pods.Count, "pod")} on {DiagnosticText.Count(plan.World.Nodes.Count, "node")}, loaded with {DiagnosticText.Count(_session.Operations, "kernel operation")}; following the files");
        _words.WriteLine("netpol lab exec POD -- COMMAND runs something in a pod; Ctrl-C removes the lab");
    }

    /// <summary>The files may have changed: the plan that is in force afterwards.</summary>
    private async Task<LabPlan> FollowAsync(LabPlan before, CancellationToken cancel)
    {
        LabPlan after;
        try
        {
            after = await LabPlan.LoadAsync(request, cancel);
        }
        catch (CommandException error)
        {
            Console.Error.WriteLine($"{error.Message}; the rules stay as they are");
            _refused = true;
            return before;
        }
        if (after.World == before.World)
        {
            if (_refused)
                _words.WriteLine("the files say again what is in force");
            _refused = false;
            return before;
        }
        _refused = false;
        _words.WriteLine();
        if (!string.Equals(LabTopologies.Signature(after.World, after.Matrix), LabTopologies.Signature(before.World, before.Matrix), StringComparison.Ordinal))
        {
            _words.WriteLine("nodes, pods or addresses changed: making the lab anew");
            _session!.Dispose();
            _session = null;
            await StartAsync(after, cancel);
            return after;
        }
        var watch = Stopwatch.StartNew();
        var operations = _session!.Apply(after);
        _words.WriteLine($"applied with {DiagnosticText.Count(operations, "kernel operation")} in {watch.ElapsedMilliseconds} ms");
        await ReportChangesAsync(before.Matrix, after.Entries, cancel);
        return after;
    }

    private async Task ReportChangesAsync(Matrix before, IReadOnlyList<MatrixEntry> after, CancellationToken cancel)
    {
        var changed = after
            .Select(now => (Now: now, Was: before.Find(now)))
            .Where(c => c.Was?.Verdict.Verdict != c.Now.Verdict.Verdict)
            .ToList();
        if (changed.Count == 0)
        {
            _words.WriteLine("no connection is judged otherwise than before");
            return;
        }
        var reached = await _session!.ProbeAsync(changed.Select(c => c.Now), cancel);
        if (format != OutputFormat.Table)
        {
            WriteNext(changed.Select(c => c.Now), reached);
            return;
        }
        foreach (var ((now, was), observation) in changed.Zip(reached.Observations))
        {
            var blame = now.Verdict.Egress.Verdict == Verdict.Deny ? now.Verdict.Egress : now.Verdict.Ingress;
            var old = was is null ? "" : $"{Words.Action(was.Verdict.Verdict)} -> ";
            _words.WriteLine($"  {now.From.Name} -> {now.To.Name} {now.Port}: {old}{blame}{(observation.Agrees ? "" : $", but observed {LabReport.Observed(observation)}")}");
        }
        _words.WriteLine($"{DiagnosticText.Count(changed.Count, "connection")} changed{(reached.Agrees ? ", and the packets agree" : "; packets disagree")}");
    }

    private void WriteNext(IEnumerable<MatrixEntry> entries, ReachabilityMatrix reached)
    {
        using var stdout = Console.OpenStandardOutput();
        if (format == OutputFormat.Yaml)
            stdout.Write("---\n"u8);
        DocumentWriter.WriteList(stdout, format, LabDocument.Create(entries, reached));
    }
}
