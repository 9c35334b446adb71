using System.Diagnostics;
using System.Threading.Channels;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Matrix;
using NetPol.Lab.Probes;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Lab;

/// <summary>
/// <c>lab up</c>: a lab that applies changes of its files until it is removed. As JSON or YAML it writes the document of <c>lab run</c> when the lab
/// is up. Then it writes one document per change, with the connections whose verdict changed. Messages go to standard error.
/// </summary>
internal sealed class LabUp(LabRequest request, string name, OutputFormat format)
{
    private readonly TextWriter _words = format == OutputFormat.Table ? Console.Out : Console.Error;
    private LabSession? _session;
    private bool _refused;

    /// <summary>Runs the command. Returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        LabSession.RequireSupport();
        if (request.Manifests.Files.Contains("-", StringComparer.Ordinal))
            throw new CommandException("lab up watches files: write their paths instead of -");
        // Watch the files before reading them, so that an edit during the build of the lab is not missed.
        using var watch = new FileWatcher([.. request.Manifests.Files, .. request.Manifests.Kustomizations]);
        var plan = await LabScenario.LoadAsync(request, cancel);
        OmittedPods.Report(plan.Cluster, plan.Matrix);
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

    private async Task StartAsync(LabScenario plan, CancellationToken cancel)
    {
        _session = LabSession.Start(plan, name, cancel);
        var reached = await _session.ProbeAsync(plan.Entries, cancel);
        if (format == OutputFormat.Table)
            LabTable.WriteTable(Terminal.Out(), plan, reached);
        else
            WriteNext(plan.Entries, reached);
        _words.WriteLine($"{DiagnosticText.Count(plan.Cluster.Pods.Count, "pod")} on {DiagnosticText.Count(plan.Cluster.Nodes.Count, "node")}, loaded with {DiagnosticText.Count(_session.Operations, "kernel operation")}; watching the files");
        _words.WriteLine("netpol lab exec POD -- COMMAND runs something in a pod; Ctrl-C removes the lab");
    }

    /// <summary>Reads the files again after an event. Returns the scenario that is programmed afterwards.</summary>
    private async Task<LabScenario> FollowAsync(LabScenario before, CancellationToken cancel)
    {
        LabScenario after;
        try
        {
            after = await LabScenario.LoadAsync(request, cancel);
        }
        catch (CommandException error)
        {
            Console.Error.WriteLine($"{error.Message}; the rules stay as they are");
            _refused = true;
            return before;
        }
        if (after.Cluster == before.Cluster)
        {
            if (_refused)
                _words.WriteLine("the files match the programmed rules again");
            _refused = false;
            return before;
        }
        _refused = false;
        _words.WriteLine();
        if (!string.Equals(LabTopologyBuilder.Signature(after.Cluster, after.Matrix), LabTopologyBuilder.Signature(before.Cluster, before.Matrix), StringComparison.Ordinal))
        {
            _words.WriteLine("nodes, pods or addresses changed: creating the lab again");
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

    private async Task ReportChangesAsync(ConnectivityMatrix before, IReadOnlyList<MatrixEntry> after, CancellationToken cancel)
    {
        var changed = after
            .Select(now => (Now: now, Was: before.Find(now)))
            .Where(c => c.Was?.Verdict.Verdict != c.Now.Verdict.Verdict)
            .ToList();
        if (changed.Count == 0)
        {
            _words.WriteLine("no verdict changed");
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
            var old = was is null ? "" : $"{Describe.Action(was.Verdict.Verdict)} -> ";
            _words.WriteLine($"  {now.From.Name} -> {now.To.Name} {now.Port}: {old}{blame}{(observation.Agrees ? "" : $", but observed {LabTable.Observed(observation)}")}");
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

/// <summary>Reports events on files and folders. It may report more events than changes.</summary>
internal sealed class FileWatcher : IDisposable
{
    // Editors write in several steps: a change is complete when no event arrives for this long.
    private static readonly TimeSpan DebounceTime = TimeSpan.FromMilliseconds(100);

    private readonly Channel<bool> _events = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<FileSystemWatcher> _watchers = [];

    public FileWatcher(IEnumerable<string> paths)
    {
        foreach (var path in paths.Select(Path.GetFullPath))
        {
            // Watch a file through its folder, because many editors replace the file.
            var watcher = Directory.Exists(path)
                ? new FileSystemWatcher(path) { IncludeSubdirectories = true }
                : new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path));
            watcher.Changed += (_, _) => Signal();
            watcher.Created += (_, _) => Signal();
            watcher.Deleted += (_, _) => Signal();
            watcher.Renamed += (_, _) => Signal();
            watcher.Error += (_, _) => Signal();
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
    }

    /// <summary>Waits for the next event, and for the events that immediately follow it.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        do
        {
            await _events.Reader.ReadAsync(cancel);
            await Task.Delay(DebounceTime, cancel);
        }
        while (_events.Reader.TryPeek(out _));
    }

    public void Dispose() => _watchers.ForEach(w => w.Dispose());

    private void Signal() => _events.Writer.TryWrite(true);
}
