namespace NetPol.Controller.Watching;

internal sealed class ClusterFollower : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
}
