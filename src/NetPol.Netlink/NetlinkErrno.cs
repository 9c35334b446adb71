namespace NetPol.Netlink;

/// <summary>The errno values that netlink answers with, by name (asm-generic/errno-base.h, errno.h).</summary>
public static class NetlinkErrno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int Invalid = 22;

    /// <summary>ENFILE: of nf_tables, a set would have more elements than its size.</summary>
    public const int TooManyElements = 23;

    public const int Restart = 85;
    public const int NotSupported = 95;
    public const int AddressInUse = 98;
    public const int NetworkUnreachable = 101;
    public const int NoBuffers = 105;
    public const int TimedOut = 110;

    private static readonly string[] Names =
    [
        "no error", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM", "EACCES",
        "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY",
        "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY",
        "ELOOP",
    ];

    private static readonly Dictionary<int, string> LaterNames = new()
    {
        [61] = "ENODATA",
        [71] = "EPROTO",
        [74] = "EBADMSG",
        [75] = "EOVERFLOW",
        [Restart] = "ERESTART",
        [88] = "ENOTSOCK",
        [90] = "EMSGSIZE",
        [92] = "ENOPROTOOPT",
        [93] = "EPROTONOSUPPORT",
        [NotSupported] = "EOPNOTSUPP",
        [97] = "EAFNOSUPPORT",
        [AddressInUse] = "EADDRINUSE",
        [99] = "EADDRNOTAVAIL",
        [100] = "ENETDOWN",
        [NetworkUnreachable] = "ENETUNREACH",
        [104] = "ECONNRESET",
        [NoBuffers] = "ENOBUFS",
        [TimedOut] = "ETIMEDOUT",
        [111] = "ECONNREFUSED",
        [113] = "EHOSTUNREACH",
        [114] = "EALREADY",
    };

    /// <summary>For example <c>ENOENT</c>; a number without a name here is <c>errno 133</c>.</summary>
    public static string Name(int errno) =>
        errno >= 0 && errno < Names.Length ? Names[errno] : LaterNames.GetValueOrDefault(errno) ?? $"errno {errno}";
}
