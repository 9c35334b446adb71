namespace NetPol.Lab.Probing;

/// <summary>How long silence is listened to before it counts.</summary>
/// <param name="Quiet">
/// First round: how long nothing at all must have been heard or sent by any probe of the wave. On a busy machine answers trickle in, and so the wait
/// grows by itself.
/// </param>
/// <param name="LongQuiet">Second round: the same for the probes that are expected to pass, or of which nothing is expected, and got no answer in the first.</param>
/// <param name="Wave">How many probes are on their way at a time, each with a socket.</param>
public sealed record ProbeOptions(TimeSpan Quiet, TimeSpan LongQuiet, int Wave)
{
    /// <summary>500 ms, 2.5 s (TCP repeats a SYN after 1 s), 2,000 probes.</summary>
    public static ProbeOptions Default { get; } = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2500), 2000);
}
