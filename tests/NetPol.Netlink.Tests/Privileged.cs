namespace NetPol.Netlink.Tests;

/// <summary>What only root can do is skipped, with its reason, for anyone else.</summary>
internal static class Privileged
{
    public static void Require()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root: it makes network namespaces");
    }
}
