using k8s;
using k8s.LeaderElection;
using k8s.LeaderElection.ResourceLock;
using NetPol.Hosting;
using NetPol.Kubernetes.Client;

namespace NetPol.Controller.Leading;

/// <summary>Knows whether this replica holds the Lease, which is the right to write status. Serving agents needs no lead.</summary>
internal sealed class Leadership(IKubernetes kubernetes, ControllerOptions options, TimeProvider time, ILogger<Leadership> log) : BackgroundService
{
    /// <summary>The Lease that the replica holds which writes status.</summary>
    public const string LeaseName = "netpol-controller";

    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
    private volatile bool _leads;

    public bool Leads => _leads;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var elector = new LeaderElector(new(new LeaseLock(kubernetes, options.Namespace, LeaseName, options.Name)));
                elector.OnStartedLeading += () => Turn(leads: true);
                elector.OnStoppedLeading += () => Turn(leads: false);
                await elector.RunUntilLeadershipLostAsync(stoppingToken);
            }
            catch (Exception error) when (ApiTrouble.IsPassing(error))
            {
                stoppingToken.ThrowIfCancellationRequested();
                // The elector gives up where it should ask again.
                Log.Retrying(log, "the lease", ApiTrouble.Words(error));
            }
            Turn(leads: false);
            await Task.Delay(_backoff.Next(), time, stoppingToken);
        }
    }

    private void Turn(bool leads)
    {
        if (leads)
            _backoff.Reset();
        var turns = _leads != leads;
        _leads = leads;
        if (turns)
            Log.Leading(log, leads);
    }
}
