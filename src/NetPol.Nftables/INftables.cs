using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>The nf_tables of one network namespace.</summary>
public interface INftables
{
    /// <summary>
    /// Commits an update, step by step: the one way to change a table. The step with effect is one batch. What comes before and after it, no packet meets: with a pacer it
    /// is committed in slices, so that the kernel is free for others in between.
    /// </summary>
    /// <param name="update">What changes.</param>
    /// <param name="programmed">Called as soon as packets are judged by it, before the last step.</param>
    /// <param name="pacer">How much is committed at once; null for each step whole.</param>
    /// <exception cref="NftablesException">
    /// The kernel refused a step, and nothing of that step has changed; or its answer was lost, which the next look at the table makes up for. If
    /// <paramref name="programmed"/> was not called, packets are judged as before. What was prepared, or was still to be removed, is left in the table, where nothing leads
    /// to it and the next comparison with the wanted table finds it.
    /// </exception>
    void Commit(StagedUpdate update, Action? programmed = null, ICommitPacer? pacer = null);

    /// <summary>The content of a table of the family inet at one moment; null when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused to list it, or it changed all the while.</exception>
    TableState? Read(string table);

    /// <summary>All counters of a table at one moment, by name; empty when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused to list them, or they changed all the while.</exception>
    IReadOnlyList<CounterValue> ReadCounters(string table);
}

/// <summary>nf_tables refused something, or could not be asked. A transaction that it refused had no effect. The message names the object, the errno and the kernel's words.</summary>
/// <param name="asked">What was asked, with the object's kind and name: <c>delete chain inet netpol v_1</c>.</param>
/// <param name="errno">A positive errno.</param>
/// <param name="ack">What the kernel says besides.</param>
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
/// <param name="Ack">What the kernel says besides.</param>
public sealed record Refusal(int? Operation, string Asked, int Errno, ExtendedAck Ack);

/// <summary>Stands between an update and the kernel: measures what is asked of it, or changes it.</summary>
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
