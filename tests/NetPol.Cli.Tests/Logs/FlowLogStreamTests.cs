using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Logs;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Tests.Logs;

/// <summary>Controllers start and stop while a user streams flow records.</summary>
[TestClass, TestCategory("Unit")]
public sealed class FlowLogStreamTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _interrupt = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentDictionary<string, Channel<FlowBatch>> _ready = new(StringComparer.Ordinal);
    private readonly Lines _messages = new();
    private readonly MemoryStream _output = new();
    private volatile bool _isClusterDeleted;

    public void Dispose()
    {
        _interrupt.Dispose();
        _messages.Dispose();
        _output.Dispose();
    }

    [TestMethod]
    public async Task A_new_controller_is_followed_after_the_first_has_stopped()
    {
        var old = Start("old");
        var following = RunAsync();
        await AssertMessageAsync("netpol: connected to controller old");
        var young = Start("young");
        _time.Advance(FlowLogStream.Period);
        await AssertMessageAsync("netpol: connected to controller young");
        _ready.TryRemove("old", out _);
        old.Writer.Complete();
        await AssertMessageAsync("netpol: lost connection to controller old: it ended the stream; reconnecting");
        young.Writer.TryWrite(Batch(5432));
        await ShownAsync(young, following, " 5432/TCP");
    }

    [TestMethod]
    public async Task One_that_is_found_again_does_not_repeat_what_it_remembers()
    {
        var first = Start("one", Batch(1000));
        var following = RunAsync();
        await AssertMessageAsync("netpol: connected to controller one");
        // A new stream starts with the latest denials of its controller.
        var again = Start("one", Batch(1000, 2000));
        first.Writer.Complete(new RpcException(new(StatusCode.Unavailable, "connection reset")));
        await AssertMessageAsync("netpol: lost connection to controller one: connection reset; reconnecting");
        _time.Advance(FlowLogStream.Period);
        await AssertMessageAsync("netpol: connected to controller one");
        await ShownAsync(again, following, " 1000/TCP", " 2000/TCP");
    }

    [TestMethod]
    public async Task A_cluster_that_does_not_answer_for_a_while_is_asked_again_and_reported_of_once()
    {
        Start("one");
        var following = RunAsync();
        await AssertMessageAsync("netpol: connected to controller one");
        _isClusterDeleted = true;
        _time.Advance(FlowLogStream.Period);
        await AssertMessageAsync("netpol: cannot find the controllers: deleted");
        _time.Advance(FlowLogStream.Period);
        _isClusterDeleted = false;
        var two = Start("two");
        _time.Advance(FlowLogStream.Period);
        await AssertMessageAsync("netpol: connected to controller two");
        await ShownAsync(two, following);
    }

    [TestMethod]
    public async Task Without_a_controller_at_the_start_it_ends()
    {
        _isClusterDeleted = true;
        await Assert.ThrowsExactlyAsync<CommandException>(RunAsync);
    }

    /// <summary>Makes a controller ready, with flow records that it already has.</summary>
    private Channel<FlowBatch> Start(string name, FlowBatch? remembered = null)
    {
        var reported = Channel.CreateUnbounded<FlowBatch>();
        reported.Writer.TryWrite(remembered ?? Batch());
        return _ready[name] = reported;
    }

    private Task RunAsync() => new FlowLogStream(
        _ => _isClusterDeleted ? throw new CommandException("deleted") : Task.FromResult<IReadOnlyList<string>>([.. _ready.Keys]),
        (name, cancel) => _ready[name].Reader.ReadAllAsync(cancel),
        new(_output, _messages, OutputFormat.Text),
        _time).RunAsync(_interrupt.Token);

    private async Task AssertMessageAsync(string line) => Assert.AreEqual(line, await _messages.NextAsync().WaitAsync(Timeout));

    /// <summary>Waits until all batches are read, interrupts the command, and asserts its exact output.</summary>
    private async Task ShownAsync(Channel<FlowBatch> last, Task following, params string[] shown)
    {
        last.Writer.Complete();
        Assert.Contains("lost connection", await _messages.NextAsync().WaitAsync(Timeout));
        await _interrupt.CancelAsync();
        await following.WaitAsync(Timeout);
        var lines = System.Text.Encoding.UTF8.GetString(_output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(shown.Length, lines, string.Join('\n', lines));
        foreach (var (line, part) in lines.Zip(shown))
            Assert.Contains(part, line);
    }

    private static FlowBatch Batch(params ushort[] ports) => new(
        [
            .. ports.Select(port => new FlowRecord
            {
                FirstPacketAt = DateTimeOffset.UnixEpoch,
                LastPacketAt = DateTimeOffset.UnixEpoch,
                Node = "n1",
                Decision = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "shop", "db")]),
                Source = new(IpAddress.Parse("10.0.0.1"), null),
                Destination = new(IpAddress.Parse("10.0.0.2"), port),
                Protocol = 6,
                Count = 1,
            }),
        ],
        0);

    /// <summary>Publishes each line as it is written.</summary>
    private sealed class Lines : StringWriter
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public Task<string> NextAsync() => _lines.Reader.ReadAsync().AsTask();

        public override void WriteLine(string? value) => _lines.Writer.TryWrite(value!);
    }
}
