using System.Net;

namespace NetPol.Lab.Probing;

/// <summary>
/// Asks the network of a lab who reaches whom, with real connections. An answer is proof; silence is evidence only after a while, and how long a while
/// is depends on the machine. So silence is believed at once only where it is expected, and asked about again, with patience, where it is not.
/// </summary>
public sealed class Prober
{
    private readonly LabNetwork _lab;

    public Prober(LabNetwork lab) => _lab = lab;

    /// <summary>Tries all probes, each as a new flow, and opens the listeners that they need.</summary>
    /// <returns>One observation per probe, in their order.</returns>
    /// <exception cref="LabException">An address is nobody's in this lab, or the two are of different families.</exception>
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
                observed[index] = new(probes[index], ProbeOutcome.NeverLeft);
        }

        _lab.Listen(Unsettled(observed).Select(index => (probes[index].To, new LabPort(probes[index].Protocol, probes[index].Port))));
        var settled = probes.Count - Unsettled(observed).Count();
        progress?.Report(new("probes", settled, probes.Count));

        Round(Unsettled(observed), options.Quiet);
        Round(Unbelieved(probes, observed), options.LongQuiet);
        return new ReachabilityMatrix(observed.Select(observation => observation!));

        void Round(IEnumerable<int> indices, TimeSpan quiet)
        {
            foreach (var chunk in indices.Chunk(options.Wave).ToList())
            {
                using var wave = new Wave(quiet, (index, observation) => observed[index] = Identify(observation, routes[index].To));
                foreach (var group in chunk.GroupBy(index => routes[index].From))
                    group.Key.Run(() => wave.Send(group.Select(index => (index, probes[index]))));
                wave.Listen(cancel);
                settled = Math.Min(probes.Count, settled + chunk.Length);
                progress?.Report(new("probes", settled, probes.Count));
            }
        }
    }

    private static IEnumerable<int> Unsettled(Observation?[] observed) =>
        Enumerable.Range(0, observed.Length).Where(index => observed[index] is null);

    private static IEnumerable<int> Unbelieved(IReadOnlyList<Probe> probes, Observation?[] observed) =>
        Enumerable.Range(0, observed.Length).Where(index => observed[index]!.Outcome == ProbeOutcome.Silence && probes[index].ExpectAllow != false);

    private static Observation Identify(Observation observation, LabSpace owner) =>
        observation.AnsweredBy is { } name && !string.Equals(name, owner.Id, StringComparison.Ordinal) ? observation with { Outcome = ProbeOutcome.Misdirected } : observation;

    private (LabSpace From, LabSpace To) Route(Probe probe) =>
        probe.From.AddressFamily == probe.To.AddressFamily
            ? (Owner(probe.From), Owner(probe.To))
            : throw new LabException($"nothing can be sent from {probe.From} to {probe.To}: they are of different families");

    private LabSpace Owner(IPAddress address) =>
        _lab.OwnerOf(address) ?? throw new LabException($"nobody in lab '{_lab.Name}' has the address {address}");
}
