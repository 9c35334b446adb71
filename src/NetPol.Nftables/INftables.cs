using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>The nf_tables of one network namespace.</summary>
public interface INftables
{
    /// <summary>
    /// Commits an update step by step. This is the only way to change a table. The step with effect is one batch. With a pacer, the other steps are committed in
    /// slices, so that other programs can use nf_tables in between.
    /// </summary>
    /// <param name="update">The update.</param>
    /// <param name="programmed">Called as soon as the update is programmed, before the last step.</param>
    /// <param name="pacer">Sets the size of slices; null to commit each step whole.</param>
    /// <exception cref="NftablesException">
    /// The kernel refused a step, and that step changed nothing; or its answer was lost, and the caller must read the table. If
    /// <paramref name="programmed"/> was not called, the old rules still apply. Objects that were prepared, or not removed yet, stay in the table without effect.
    /// The next comparison with the wanted table finds them.
    /// </exception>
    void Commit(StagedUpdate update, Action? programmed = null, ICommitPacer? pacer = null);

    /// <summary>Returns the content of a table of the family inet at one moment; null when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused the dump, or the table changed during every attempt.</exception>
    TableState? Read(string table);

    /// <summary>Returns all counters of a table at one moment, in order of name; empty when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused the dump, or the table changed during every attempt.</exception>
    IReadOnlyList<CounterValue> ReadCounters(string table);
}

/// <summary>
/// nf_tables refused a request, or could not receive it. A refused transaction has no effect. The message has the object, the errno and the kernel's text.
/// </summary>
/// <param name="asked">The request, with the object's kind and name: <c>delete chain inet netpol v_1</c>.</param>
/// <param name="errno">A positive errno.</param>
/// <param name="ack">Details from the kernel.</param>
public sealed class NftablesException(string asked, int errno, ExtendedAck ack) : NetlinkException(asked, errno, ack)
{
    /// <param name="refusals">At least one, in the order in which the kernel met them; the message names the first.</param>
    internal NftablesException(IReadOnlyList<Refusal> refusals)
        : this(refusals[0].Asked, refusals[0].Errno, refusals[0].Ack) => Refusals = refusals;

    /// <summary>Every operation that was refused; none when something else failed.</summary>
    public IReadOnlyList<Refusal> Refusals { get; } = [];
}

/// <summary>Why the kernel refused one operation of a batch.</summary>
/// <param name="Operation">The operation's index, or null when the batch as a whole was refused.</param>
/// <param name="Asked">The operation in words.</param>
/// <param name="Errno">A positive errno.</param>
/// <param name="Ack">Details from the kernel.</param>
public sealed record Refusal(int? Operation, string Asked, int Errno, ExtendedAck Ack);

/// <summary>Intercepts commits and reads, to measure or change them.</summary>
public interface INftablesInterceptor
{
    /// <summary>Commits one batch.</summary>
    /// <param name="transaction">The batch, which is not empty.</param>
    /// <param name="commit">Commits it.</param>
    void Commit(Transaction transaction, Action<Transaction> commit);

    /// <summary>Reads something.</summary>
    /// <param name="read">Reads it.</param>
    T Read<T>(Func<T> read);
}
