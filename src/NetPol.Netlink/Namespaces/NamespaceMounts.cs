using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace NetPol.Netlink.Namespaces;

/// <summary>The files that give namespaces their names: each is a bind mount of <c>/proc/thread-self/ns/net</c> in a folder that is a shared mount.</summary>
internal static class NamespaceMounts
{
    private const string Folder = "/run/netns";
    private const int FolderMode = 0x1ed; // rwxr-xr-x
    private const int MaxName = 255;

    public static string PathOf(string name)
    {
        if (name is "" or "." or ".." || name.Length > MaxName || name.AsSpan().ContainsAny('/', '\0'))
            throw new ArgumentException($"\"{name}\" cannot name a network namespace", nameof(name));
        return $"{Folder}/{name}";
    }

    /// <summary>
    /// Makes the folder and a shared mount of it, so that a name made here is seen in, and goes away from, the mount namespaces of others.
    /// </summary>
    public static unsafe void EnsureFolder()
    {
        fixed (byte* folder = Terminated(Folder), none = Terminated("none"))
        {
            if (mkdir(folder, (mode_t)FolderMode) < 0 && errno != EEXIST)
                throw NetlinkSocket.Failed($"make {Folder}");
            if (mount(none, folder, none, (ulong_t)(uint)(MS_SHARED | MS_REC), null) == 0)
                return;
            // Not yet a mount point.
            if (errno != EINVAL || mount(folder, folder, none, (ulong_t)(uint)(MS_BIND | MS_REC), null) < 0 ||
                mount(none, folder, none, (ulong_t)(uint)(MS_SHARED | MS_REC), null) < 0)
                throw NetlinkSocket.Failed($"mount {Folder}");
        }
    }

    public static unsafe void MakeFile(string path, string name)
    {
        fixed (byte* file = Terminated(path))
        {
            var fd = open(file, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)0);
            if (fd < 0)
                throw NetlinkSocket.Failed($"make network namespace {name}");
            _ = close(fd);
        }
    }

    /// <summary>Moves the calling thread into a new namespace and gives it the name.</summary>
    public static unsafe void UnshareOnto(string path, string name)
    {
        if (unshare(CLONE_NEWNET) < 0)
            throw NetlinkSocket.Failed($"make network namespace {name}");
        fixed (byte* own = Terminated("/proc/thread-self/ns/net"), file = Terminated(path), none = Terminated("none"))
        {
            if (mount(own, file, none, (ulong_t)(uint)MS_BIND, null) < 0)
                throw NetlinkSocket.Failed($"name network namespace {name}");
        }
    }

    public static unsafe SafeFileHandle Open(string path, string name)
    {
        fixed (byte* file = Terminated(path))
        {
            var fd = open(file, O_RDONLY | O_CLOEXEC, (mode_t)0);
            return fd >= 0 ? new(fd, ownsHandle: true) : throw NetlinkSocket.Failed($"open network namespace {name}");
        }
    }

    /// <summary>Moves the calling thread.</summary>
    public static void Enter(int fd, string name)
    {
        if (setns(fd, CLONE_NEWNET) < 0)
            throw NetlinkSocket.Failed($"enter network namespace {name}");
    }

    /// <summary>Takes the name away; false when it was not there.</summary>
    public static unsafe bool Remove(string path)
    {
        fixed (byte* file = Terminated(path))
        {
            // A file without a mount is what a crash between the two leaves.
            if (umount2(file, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
                throw NetlinkSocket.Failed($"unmount {path}");
            if (unlink(file) == 0)
                return true;
            return errno == ENOENT ? false : throw NetlinkSocket.Failed($"delete {path}");
        }
    }

    public static IReadOnlyList<string> List() =>
        Directory.Exists(Folder) ? [.. Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
