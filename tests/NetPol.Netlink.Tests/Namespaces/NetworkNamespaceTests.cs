using NetPol.Netlink.Namespaces;

namespace NetPol.Netlink.Tests.Namespaces;

[TestClass, TestCategory("Kernel")]
public sealed class NetworkNamespaceTests
{
    [TestMethod]
    public void The_program_ip_lists_a_namespace_until_it_is_deleted()
    {
        using var test = new TestNamespace();
        var name = test.Namespace.Name;
        CollectionAssert.Contains(NetworkNamespace.List().ToArray(), name);
        Assert.Contains(name, test.Exec("ip", "netns", "list"), StringComparison.Ordinal);
        Assert.IsTrue(NetworkNamespace.Delete(name));
        Assert.IsFalse(NetworkNamespace.Delete(name));
        CollectionAssert.DoesNotContain(NetworkNamespace.List().ToArray(), name);
        Assert.AreEqual("ENOENT", Assert.ThrowsExactly<NetlinkException>(() => NetworkNamespace.Open(name)).ErrnoName);
    }

    [TestMethod]
    public void A_name_is_given_once()
    {
        using var test = new TestNamespace();
        var e = Assert.ThrowsExactly<NetlinkException>(() => NetworkNamespace.Create(test.Namespace.Name));
        Assert.AreEqual($"make network namespace {test.Namespace.Name}: EEXIST", e.Message);
        using var still = NetworkNamespace.Open(test.Namespace.Name);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("..")]
    [DataRow("a/b")]
    [DataRow("a\0b")]
    public void A_name_stays_in_its_folder(string name) => Assert.ThrowsExactly<ArgumentException>(() => NetworkNamespace.Create(name));

    [TestMethod]
    public void Settings_are_the_namespaces_own()
    {
        using var one = new TestNamespace();
        using var other = new TestNamespace();
        one.Namespace.WriteSysctl("ipv4/ip_forward", "1");
        other.Namespace.WriteSysctl("ipv4/ip_forward", "0");
        Assert.AreEqual("1", one.Namespace.ReadSysctl("ipv4/ip_forward"));
        Assert.AreEqual("0", other.Namespace.ReadSysctl("ipv4/ip_forward"));
    }

    [TestMethod]
    public void What_is_thrown_inside_comes_out_and_the_caller_stays_where_it_was()
    {
        using var test = new TestNamespace();
        var here = OwnNamespace();
        Assert.ThrowsExactly<FormatException>(() => test.Namespace.Run(() => throw new FormatException()));
        Assert.AreNotEqual(here, test.Namespace.Run(OwnNamespace));
        Assert.AreEqual(here, OwnNamespace());
    }

    private static string? OwnNamespace() => File.ResolveLinkTarget("/proc/thread-self/ns/net", false)?.Name;
}
