using k8s;
using k8s.LeaderElection;
using k8s.LeaderElection.ResourceLock;
using NetPol.Controller.Infrastructure;
using NetPol.Hosting;
using NetPol.Kubernetes.Client;

namespace NetPol.Controller.Leadership;

/// <summary>Knows whether this replica holds the Lease, which is the right to write status. Serving agents needs no lead.</summary>
internal sealed class LeaderElectionService(IKubernetes kubernetes, ControllerOptions options, TimeProvider time, ILogger<LeaderElectionService> log) : BackgroundService
{
    /// <summary>The Lease that the replica holds which writes status.</summary>
    public const string LeaseName = "netpol-controller";

    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
    private volatile bool _isLeader;

    public bool IsLeader => _isLeader;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var elector = new LeaderElector(new(new LeaseLock(kubernetes, options.Namespace, LeaseName, options.Name)));
                elector.OnStartedLeading += () => SetLeader(isLeader: true);
                elector.OnStoppedLeading += () => SetLeader(isLeader: false);
                await elector.RunUntilLeadershipLostAsync(stoppingToken);
            }
            catch (Exception error) when (KubernetesErrors.IsTransient(error))
            {
                stoppingToken.ThrowIfCancellationRequested();
                // The elector gives up where it should ask again.
                Log.Retrying(log, "the lease", KubernetesErrors.Describe(error));
            }
            SetLeader(isLeader: false);
            await Task.Delay(_backoff.Next(), time, stoppingToken);
        }
    }

    private void SetLeader(bool isLeader)
    {
        if (isLeader)
            _backoff.Reset();
        var turns = _isLeader != isLeader;
        _isLeader = isLeader;
        if (turns)
            Log.LeadershipChanged(log, isLeader);
    }
}
