using k8s;
using k8s.LeaderElection;
using k8s.LeaderElection.ResourceLock;
using NetPol.Controller.Infrastructure;
using NetPol.Hosting;
using NetPol.Kubernetes.Client;

namespace NetPol.Controller.Leadership;

/// <summary>Competes for the Lease. Only the replica that has it writes status; every replica serves agents.</summary>
internal sealed class LeaderElectionService(IKubernetes kubernetes, ControllerOptions options, TimeProvider time, ILogger<LeaderElectionService> log) : BackgroundService
{
    /// <summary>The name of the Lease.</summary>
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
                // The elector throws where it should try again.
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
        var changes = _isLeader != isLeader;
        _isLeader = isLeader;
        if (changes)
            Log.LeadershipChanged(log, isLeader);
    }
}
