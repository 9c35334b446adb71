using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab.Probes;

/// <summary>
/// Tests with real connections which endpoints of a lab reach each other. An answer is proof. Silence is evidence only after a while, longer on a busy
/// machine. So the prober accepts silence at once only where it expects a drop; elsewhere it retries with a longer timeout.
/// </summary>
public sealed class Prober
{
    private readonly LabNetwork _lab;

    public Prober(LabNetwork lab) => _lab = lab;

    /// <summary>Opens the listeners that the probes need and runs all probes, each as a new flow.</summary>
    /// <returns>One observation per probe, in the order of the probes.</returns>
    /// <exception cref="LabException">The lab does not have one of the addresses, or the two addresses differ in family.</exception>
    public Task<ReachabilityMatrix> ProbeAsync(
        IReadOnlyList<Probe> probes,
        ProbeOptions? options = null,
        IProgress<LabProgress>? progress = null,
        CancellationToken cancel = default) =>
        Task.Factory.StartNew(
            () => Run(probes, options ?? ProbeOptions.Default, progress, cancel), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private ReachabilityMatrix Run(IReadOnlyList<Probe> probes, ProbeOptions options, IProgress<LabProgress>? progress, CancellationToken cancel)
    {
        var routes = probes.Select(Route).ToArray();
        var observed = new Observation?[probes.Count];
        for (var index = 0; index < probes.Count; index++)
        {
            if (routes[index].From == routes[index].To)
                observed[index] = new(probes[index], ProbeOutcome.NotSent);
        }

        _lab.Listen(WithoutResult(observed).Select(index => (probes[index].To, new LabPort(probes[index].Protocol, probes[index].Port))));
        var completed = probes.Count - WithoutResult(observed).Count();
        progress?.Report(new("probes", completed, probes.Count));

        Round(WithoutResult(observed), options.Silence);
        Round(NeedsRetry(probes, observed), options.RetrySilence);
        return new ReachabilityMatrix(observed.Select(observation => observation!));

        void Round(IEnumerable<int> indices, TimeSpan silence)
        {
            foreach (var chunk in indices.Chunk(options.Batch).ToList())
            {
                using var batch = new ProbeBatch(silence, (index, observation) => observed[index] = Identify(observation, routes[index].To));
                foreach (var group in chunk.GroupBy(index => routes[index].From))
                    group.Key.Run(() => batch.Send(group.Select(index => (index, probes[index]))));
                batch.Listen(cancel);
                completed = Math.Min(probes.Count, completed + chunk.Length);
                progress?.Report(new("probes", completed, probes.Count));
            }
        }
    }

    private static IEnumerable<int> WithoutResult(Observation?[] observed) =>
        Enumerable.Range(0, observed.Length).Where(index => observed[index] is null);

    private static IEnumerable<int> NeedsRetry(IReadOnlyList<Probe> probes, Observation?[] observed) =>
        Enumerable.Range(0, observed.Length).Where(index => observed[index]!.Outcome == ProbeOutcome.NoAnswer && probes[index].ExpectAllow != false);

    private static Observation Identify(Observation observation, LabNamespace owner) =>
        observation.AnsweredBy is { } name && !string.Equals(name, owner.Id, StringComparison.Ordinal) ? observation with { Outcome = ProbeOutcome.Misdirected } : observation;

    private (LabNamespace From, LabNamespace To) Route(Probe probe) =>
        probe.From.AddressFamily == probe.To.AddressFamily
            ? (Owner(probe.From), Owner(probe.To))
            : throw new LabException($"nothing can be sent from {probe.From} to {probe.To}: they are of different families");

    private LabNamespace Owner(IPAddress address) =>
        _lab.OwnerOf(address) ?? throw new LabException($"no pod, node or outside host of lab '{_lab.Name}' has the address {address}");
}

/// <summary>
/// Probes that are in flight at the same time. The batch ends when every probe has its answer, or when no probe sent or received anything for the
/// time of silence. By two thirds of that time, each silent probe has been sent three times.
/// </summary>
internal sealed class ProbeBatch : IDisposable
{
    private const int Repeats = 2;

    private readonly Dictionary<Socket, (int Index, ProbeSocket ProbeSocket)> _pending = [];
    private readonly TimeSpan _maxSilence;
    private readonly Action<int, Observation> _observed;
    private long _lastEvent = Stopwatch.GetTimestamp();
    private int _repeated;

    /// <summary>Creates an empty batch; it calls <paramref name="observed"/> once per probe, with the probe's index.</summary>
    public ProbeBatch(TimeSpan silence, Action<int, Observation> observed)
    {
        _maxSilence = silence;
        _observed = observed;
    }

    /// <summary>Sends the probes of one source. Call it inside the source's namespace.</summary>
    public void Send(IEnumerable<(int Index, Probe Probe)> probes)
    {
        foreach (var (index, probe) in probes)
        {
            ProbeSocket? probeSocket = null;
            try
            {
                probeSocket = ProbeSocket.Open(probe);
                probeSocket.Send();
                _pending.Add(probeSocket.Socket, (index, probeSocket));
            }
            catch (SocketException error)
            {
                probeSocket?.Dispose();
                _observed(index, ProbeSocket.Interpret(probe, error.SocketErrorCode) ?? new(probe, ProbeOutcome.Failed, Error: error.Message));
            }
        }

        _lastEvent = Stopwatch.GetTimestamp();
    }

    /// <summary>Waits until the batch has ended.</summary>
    public void Listen(CancellationToken cancel)
    {
        while (_pending.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            var silence = Stopwatch.GetElapsedTime(_lastEvent);
            if (silence >= _maxSilence)
                break;
            if (_repeated < Repeats && silence >= _maxSilence * (_repeated + 1) / (Repeats + 1))
                SendAgain();
            Receive(_maxSilence * (_repeated + 1) / (Repeats + 1) - silence);
        }

        foreach (var (index, probeSocket) in _pending.Values)
            _observed(index, probeSocket.TimeOut());
    }

    public void Dispose()
    {
        foreach (var (_, probeSocket) in _pending.Values)
            probeSocket.Dispose();
        _pending.Clear();
    }

    private void SendAgain()
    {
        _repeated++;
        foreach (var (index, probeSocket) in _pending.Values.ToList())
            Complete(index, probeSocket, probeSocket.Resend());
    }

    private void Receive(TimeSpan atMost)
    {
        var readable = new List<Socket>(_pending.Keys);
        var failed = new List<Socket>(_pending.Keys);
        Socket.Select(readable, null, failed, atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero);
        foreach (var socket in readable.Union(failed))
        {
            var (index, probeSocket) = _pending[socket];
            Complete(index, probeSocket, probeSocket.Receive());
        }
    }

    private void Complete(int index, ProbeSocket probeSocket, Observation? observation)
    {
        if (observation is null)
            return;
        _lastEvent = Stopwatch.GetTimestamp();
        _observed(index, observation);
        _pending.Remove(probeSocket.Socket);
        probeSocket.Dispose();
    }
}
