using Grpc.Core;
using NetPol.Agent.Streaming;
using NetPol.Model;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Who has which address, as the controller says; remembered for a few seconds. Without a controller nobody has a name. One call at a time.</summary>
internal sealed class AddressNames(ControllerLink link, TimeProvider time)
{
    private const int MostInOneQuestion = 256;
    private const int MostRemembered = 8192;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    private readonly Dictionary<IpAddress, (AddressOwner? Owner, long Timestamp)> _known = [];
    private long? _failed;

    /// <summary>Those that have a known owner.</summary>
    public async Task<IReadOnlyDictionary<IpAddress, AddressOwner>> FindAsync(IEnumerable<IpAddress> addresses, CancellationToken cancel)
    {
        var wanted = addresses.ToHashSet();
        if (_known.Count > MostRemembered)
            _known.Clear();
        foreach (var question in wanted.Where(a => !_known.TryGetValue(a, out var known) || IsOver(known.Timestamp)).Chunk(MostInOneQuestion).ToList())
            await AskAsync(question, cancel);
        var found = new Dictionary<IpAddress, AddressOwner>();
        foreach (var address in wanted)
        {
            if (_known.GetValueOrDefault(address).Owner is { } owner)
                found.Add(address, owner);
        }
        return found;
    }

    private async Task AskAsync(IpAddress[] question, CancellationToken cancel)
    {
        // A controller that does not answer is not asked for every batch.
        if (link.Current is not { } connection || (_failed is { } failed && !IsOver(failed)))
        {
            Forget(question);
            return;
        }
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            var owners = await connection.Channel.NameAsync(connection.Token, question, patience.Token);
            var now = time.GetTimestamp();
            foreach (var (address, owner) in question.Zip(owners))
                _known[address] = (owner, now);
            _failed = null;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            Forget(question);
            _failed = time.GetTimestamp();
        }
    }

    private void Forget(IpAddress[] addresses)
    {
        foreach (var address in addresses)
            _known.Remove(address);
    }

    private bool IsOver(long timestamp) => time.GetElapsedTime(timestamp) >= Remembered;
}
