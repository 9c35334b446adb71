using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace NetPol.Testing.Infrastructure;

/// <summary>
/// Checks whether the machine meets a test's requirements. If not, the test is skipped. A test without a category for the requirement fails on every
/// machine.
/// </summary>
public static class TestRequirements
{
    /// <summary>Requires root on Linux, for network namespaces, nf_tables and mounts.</summary>
    public static void Kernel()
    {
        Category("Kernel");
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root on Linux: it makes network namespaces");
    }

    /// <summary>Requires a built program of this repository, which runs in a separate process.</summary>
    public static void Process() => Category("Process", "Kernel", "Browser", "Cluster");

    /// <summary>Requires Chromium.</summary>
    /// <param name="program">Its path.</param>
    public static void Browser(string program)
    {
        Category("Browser");
        if (!File.Exists(program))
            Assert.Inconclusive($"{program} is missing: apt-get install chromium");
    }

    /// <summary>Requires a program such as kubectl, etcd, kube-apiserver or Prometheus.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="path">Its path. Null if it was not found.</param>
    public static void ClusterProgram(string program, [NotNull] string? path)
    {
        Category("Cluster", "Kernel", "Browser");
        if (path is null || !File.Exists(path))
            Assert.Inconclusive($"needs {program}, which is not installed");
    }

    /// <summary>Fails the test if it has none of these categories.</summary>
    private static void Category(params string[] categories)
    {
        var context = TestContext.Current ?? throw new InvalidOperationException("a need is checked outside of a test");
        var type = AppDomain.CurrentDomain.GetAssemblies().Select(a => a.GetType(context.FullyQualifiedTestClassName!)).First(t => t is not null)!;
        var members = type.GetMethods().Where(m => m.Name == context.TestName).Cast<MemberInfo>().Append(type);
        var actual = members.SelectMany(m => m.GetCustomAttributes<TestCategoryAttribute>()).Concat(type.Assembly.GetCustomAttributes<TestCategoryAttribute>())
            .SelectMany(c => c.TestCategories).Distinct(StringComparer.Ordinal).ToArray();
        if (!actual.Intersect(categories, StringComparer.Ordinal).Any())
            Assert.Fail($"{type.Name}.{context.TestName} is of category {string.Join(", ", actual)}, and needs what only {string.Join(" or ", categories)} may need");
    }
}
