using NetPol.Netlink.NfTables;

namespace NetPol.Nftables.Kernel;

/// <summary>Hears when somebody else changes a table, see <see cref="KernelNftables.Watch"/>. Not for use by two threads at once, but for <see cref="Wake"/>.</summary>
public sealed class KernelTableWatch : IDisposable
{
    private readonly NfTablesMonitor _monitor;

    internal KernelTableWatch(NfTablesMonitor monitor) => _monitor = monitor;

    /// <summary>Waits until somebody changed the table, or may have: when messages are lost nobody knows. Several changes are told as one.</summary>
    /// <returns>Who was the last, for people; null when <see cref="Wake"/> ended the wait.</returns>
    public string? WaitForChange() => _monitor.Wait()?.ToString();

    /// <summary>Ends the wait that is or comes next. For any thread.</summary>
    public void Wake() => _monitor.Wake();

    public void Dispose() => _monitor.Dispose();
}
