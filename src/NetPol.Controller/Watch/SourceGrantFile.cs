using NetPol.Controller.Infrastructure;
using NetPol.Hosting;
using NetPol.Kubernetes.Grants;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Controller.Watch;

/// <summary>
/// The file that grants pods further source addresses. It is read at the start and checked every ten seconds, because a mounted ConfigMap changes by
/// links that file watches miss. After an invalid change the log has an error, and the earlier grants stay.
/// </summary>
internal sealed class SourceGrantFile : BackgroundService
{
    internal static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private readonly string? _file;
    private readonly TimeProvider _time;
    private readonly ILogger<SourceGrantFile> _log;
    private string? _text;
    private string? _fault;
    private SourceGrants _grants = SourceGrants.None;
    private TaskCompletionSource _changed = NewSignal();

    /// <exception cref="ConfigurationException">The file is not there or is not as it should be.</exception>
    public SourceGrantFile(ControllerOptions options, TimeProvider time, ILogger<SourceGrantFile> log)
    {
        (_file, _time, _log) = (options.SourceGrants, time, log);
        if (_file is not null)
            (_grants, _text) = Read(_file);
    }

    /// <exception cref="ConfigurationException">The file is not there or is not as it should be: file, line, field and remedy of each fault.</exception>
    public static (SourceGrants Grants, string Text) Read(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"--source-grants: {file} cannot be read: {error.Message}", error);
        }
        return (Parse(file, text), text);
    }

    /// <summary>The same changes, with every pod as the file grants it.</summary>
    public ClusterChanges Apply(ClusterChanges changes)
    {
        var grants = Volatile.Read(ref _grants);
        return grants.Grants.IsEmpty ? changes : changes with
        {
            Pods = changes.Pods.Select(p => KeyValuePair.Create(p.Key, p.Value is { } pod ? Granted(grants, pod) : null)).ToValueArray(),
        };
    }

    /// <summary>The same changes, with every pod of them as the file grants it, and the other pods that it grants other sources than they have.</summary>
    public ClusterChanges ApplyToAll(ClusterChanges changes, IEnumerable<Pod> pods)
    {
        var grants = Volatile.Read(ref _grants);
        var changing = changes.Pods.Select(p => p.Key).ToHashSet();
        var others = pods.Where(p => !changing.Contains(p.Id) && grants.SourcesOf(p) != p.GrantedSources).Select(p => KeyValuePair.Create(p.Id, (Pod?)Granted(grants, p))).ToList();
        Log.SourcesGranted(_log, _file ?? "", grants.Grants.Count, others.Count);
        return changes with { Pods = Apply(changes).Pods.Concat(others).ToValueArray() };
    }

    /// <summary>Completes with the next change of the file; never without a file.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <returns>Whether the file has changed since the last call.</returns>
    public bool TryTakeChange()
    {
        if (!Changed.IsCompleted)
            return false;
        // Before the grants are read: a change from now on signals again.
        Volatile.Write(ref _changed, NewSignal());
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_file is null)
            return;
        using var timer = new PeriodicTimer(CheckInterval, _time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            CheckFile(_file);
    }

    private static SourceGrants Parse(string file, string text)
    {
        var (grants, diagnostics) = SourceGrants.Read(file, text);
        var errors = diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        return errors.Count == 0 ? grants : throw new ConfigurationException($"--source-grants: {string.Join("; ", errors)}");
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Pod Granted(SourceGrants grants, Pod pod) => pod with { GrantedSources = grants.SourcesOf(pod) };

    private void CheckFile(string file)
    {
        try
        {
            var (grants, text) = Read(file);
            _fault = null;
            if (string.Equals(text, _text, StringComparison.Ordinal))
                return;
            _text = text;
            Volatile.Write(ref _grants, grants);
            Volatile.Read(ref _changed).TrySetResult();
        }
        catch (ConfigurationException error)
        {
            if (!string.Equals(_fault, error.Message, StringComparison.Ordinal))
                Log.SourceGrantsInvalid(_log, error.Message);
            _fault = error.Message;
        }
    }
}
