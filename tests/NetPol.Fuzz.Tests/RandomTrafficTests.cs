using System.Diagnostics;
using System.Globalization;

namespace NetPol.Fuzz.Tests;

/// <summary>Requests without credentials, at random, against the real controller in 256 MB: it lives, and agents are served.</summary>
[TestClass]
public sealed class RandomTrafficTests
{
    private const int UnauthenticatedClients = 16;

    public required TestContext TestContext { get; init; }

    /// <summary>Lasts a minute; NETPOL_FUZZ_SECONDS sets another time, NETPOL_FUZZ_SEED the seed that a run printed.</summary>
    [TestMethod]
    public async Task Controller_survives_a_minute_of_random_traffic()
    {
        var budget = TimeSpan.FromSeconds(Number("NETPOL_FUZZ_SECONDS") ?? 60);
        var seed = Number("NETPOL_FUZZ_SEED") ?? Environment.TickCount;
        TestContext.WriteLine($"seed {seed}: NETPOL_FUZZ_SEED={seed} sends the same");
        await using var controller = await ControllerProcess.StartAsync(TimeSpan.FromMilliseconds(5));
        using var agent = await ConnectedAgent.FollowAsync(controller);
        var idle = controller.Process.Resident;
        var began = Stopwatch.StartNew();
        var traffic = Enumerable.Range(0, UnauthenticatedClients).Select(i => new RandomTraffic(seed + i, controller, new([127, 0, 1, (byte)(i + 1)]))).ToList();
        var flood = traffic.Select(t => Task.Run(() => FloodAsync(t))).ToList();
        var served = 0;
        for (; began.Elapsed < budget; served++)
        {
            await agent.AskAsync();
            using var another = await ConnectedAgent.FollowAsync(controller);
            await another.AskAsync();
            controller.Process.AssertLives();
        }
        await Task.WhenAll(flood);
        controller.Process.AssertLives();
        await agent.AskAsync();
        using var after = await ConnectedAgent.FollowAsync(controller);
        await after.AskAsync();
        TestContext.WriteLine($"{served} agents were served; resident {idle >> 20} MB before, {controller.Process.Resident >> 20} MB after; the cgroup's peak was {controller.Process.Group.Peak >> 20} MB");
        TestContext.WriteLine(string.Join(", ", traffic.SelectMany(t => t.Steps).GroupBy(s => s.Key, s => s.Value, StringComparer.Ordinal).Select(s => $"{s.Key}: {s.Sum()}")));
        Assert.IsTrue(traffic.TrueForAll(t => t.Steps.Count > 0), "an unauthenticated client sent nothing");

        async Task FloodAsync(RandomTraffic unauthenticatedClient)
        {
            while (began.Elapsed < budget)
                await unauthenticatedClient.StepAsync(CancellationToken.None);
        }
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
