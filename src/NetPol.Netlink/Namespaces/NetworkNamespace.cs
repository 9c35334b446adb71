using System.Runtime.ExceptionServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetPol.Netlink.Namespaces;

/// <summary>
/// A network namespace with a name, where <c>ip netns</c> keeps them (<c>/run/netns</c>, see ip-netns(8)). It lives until it is deleted by name and
/// nothing is left in it; disposing closes only this view of it. Making and entering needs CAP_SYS_ADMIN.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly SafeFileHandle _file;

    private NetworkNamespace(string name, SafeFileHandle file) => (Name, _file) = (name, file);

    public string Name { get; }

    /// <summary>The open file, for <c>IFLA_NET_NS_FD</c>; valid until disposed.</summary>
    public int FileDescriptor => !_file.IsClosed ? (int)_file.DangerousGetHandle() : throw new ObjectDisposedException(nameof(NetworkNamespace));

    /// <summary>Makes a namespace; in it is only a loopback link that is down.</summary>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.Exists"/>: the name is taken; <see cref="NetlinkErrno.NotPermitted"/>: not privileged.</exception>
    public static NetworkNamespace Create(string name)
    {
        var path = NamespaceMounts.PathOf(name);
        NamespaceMounts.EnsureFolder();
        NamespaceMounts.MakeFile(path, name);
        try
        {
            OnThread(() => NamespaceMounts.UnshareOnto(path, name), $"netns-new-{name}");
            return Open(name);
        }
        catch
        {
            NamespaceMounts.Remove(path);
            throw;
        }
    }

    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.NoEntry"/>: there is no such namespace.</exception>
    public static NetworkNamespace Open(string name) => new(name, NamespaceMounts.Open(NamespaceMounts.PathOf(name), name));

    /// <summary>Deletes the name. Links in it go when no process and no open file is left in it. False when there is no such name.</summary>
    public static bool Delete(string name) => NamespaceMounts.Remove(NamespaceMounts.PathOf(name));

    /// <summary>All names, in ordinal order.</summary>
    public static IReadOnlyList<string> List() => NamespaceMounts.List();

    /// <summary>
    /// Runs on a thread of its own inside the namespace and waits for the end. Sockets, netlink sockets and processes made there belong to the
    /// namespace for good and can be used from anywhere. Nothing may be awaited inside: the continuation would be outside.
    /// </summary>
    /// <exception cref="NetlinkException">The namespace cannot be entered. What the function throws comes out as it is.</exception>
    public T Run<T>(Func<T> function)
    {
        T result = default!;
        Run(() => { result = function(); });
        return result;
    }

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action action) => OnThread(
        () =>
        {
            NamespaceMounts.Enter(FileDescriptor, Name);
            action();
        },
        $"netns-{Name}");

    /// <summary>Writes a value below <c>/proc/sys/net</c>, for example <c>ipv4/ip_forward</c>.</summary>
    /// <exception cref="IOException">The kernel has no such setting or refuses the value.</exception>
    public void WriteSysctl(string setting, string value) =>
        Run(() => File.WriteAllBytes($"/proc/sys/net/{setting}", Encoding.ASCII.GetBytes(value)));

    /// <summary>Reads a value below <c>/proc/sys/net</c>, without the line's end.</summary>
    public string ReadSysctl(string setting) => Run(() => File.ReadAllText($"/proc/sys/net/{setting}").TrimEnd());

    public void Dispose() => _file.Dispose();

    /// <summary>The thread ends with the namespace it got into, so that no other work meets it there.</summary>
    private static void OnThread(Action action, string name)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            Name = name,
            IsBackground = true,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }
}
