using System.Diagnostics;
using NetPol.Netlink.Namespaces;

namespace NetPol.Lab.Tests;

[TestClass]
public sealed class LabLifetimeTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [TestMethod]
    public void A_disposed_lab_leaves_no_namespace_and_no_thread_in_one()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        Assert.HasCount(2 + 4 + 3 + 1, NamespacesOf(lab.Name));

        lab.Dispose();

        Assert.IsEmpty(NamespacesOf(lab.Name));

        // Thread.Join returns a moment before the kernel ends the thread.
        Assert.IsTrue(SpinWait.SpinUntil(() => NamespacesOfThreads() == 1, Timeout), "a thread stayed inside a namespace of the lab");
    }

    [TestMethod]
    public void A_lab_whose_making_fails_leaves_nothing_and_gives_its_name_free()
    {
        LabFactory.RequireRoot();
        var name = LabFactory.NewName();
        using var canceled = new CancellationTokenSource();
        var atLinks = new Reports(progress =>
        {
            if (progress.Step == "links")
                canceled.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => LabNetwork.Create(LabFactory.TwoNodes, name, atLinks, canceled.Token));

        Assert.IsEmpty(NamespacesOf(name));
        using var again = LabNetwork.Create(LabFactory.TwoNodes, name);
    }

    [TestMethod]
    public void What_a_killed_process_leaves_is_removed_when_the_next_lab_is_made()
    {
        LabFactory.RequireRoot();
        var name = LabFactory.NewName();
        using (var holder = Hold(name))
        {
            var refused = Assert.ThrowsExactly<LabException>(() => LabNetwork.Create(LabFactory.TwoNodes, name));
            Assert.Contains($"process {holder.Id}", refused.Message, StringComparison.Ordinal);
            using var beside = LabFactory.Create(LabFactory.TwoNodes);
            Assert.IsNotEmpty(NamespacesOf(name), "a lab whose owner lives is not to be touched");
            holder.Kill();
            holder.WaitForExit();
        }

        Assert.IsNotEmpty(NamespacesOf(name), "no process was there to remove them");
        using var next = LabFactory.Create(LabFactory.TwoNodes);

        Assert.IsEmpty(NamespacesOf(name));
    }

    [TestMethod]
    public void Removing_a_lab_that_is_up_asks_its_owner_and_waits()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        lab.StopRequested.Register(lab.Dispose);

        Assert.IsTrue(LabNetwork.Remove(lab.Name, Timeout));

        Assert.IsEmpty(NamespacesOf(lab.Name));
        Assert.IsFalse(LabNetwork.Remove(lab.Name, Timeout));
    }

    [TestMethod]
    public void An_owner_that_does_not_let_go_is_named()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        var error = Assert.ThrowsExactly<LabException>(() => LabNetwork.Remove(lab.Name, TimeSpan.FromMilliseconds(1)));
        Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_command_runs_in_the_namespace_of_its_pod_and_gives_its_exit_code()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        Assert.AreEqual(0, Sh(lab, "shop/api", "ip -o address show eth0 | grep -q 172.20.9.9/32"));
        Assert.AreEqual(0, Sh(lab, "kube-system/proxy", "ip -o address show core | grep -q 192.168.7.2/32"));
        Assert.AreEqual(7, Sh(lab, "203.0.113.7", "exit 7"));
    }

    [TestMethod]
    public void A_command_that_cannot_run_is_explained()
    {
        using var lab = LabFactory.Create(LabFactory.TwoNodes);
        Assert.Contains("no pod, node or outside address shop/missing", Failure(lab.Name, "shop/missing", "true"), StringComparison.Ordinal);
        Assert.Contains("; it has 169.254.169.254, 2001:db8::7, 203.0.113.7, data/db, kube-system/proxy, one, shop/api, shop/web, two", Failure(lab.Name, "shop/missing", "true"), StringComparison.Ordinal);
        Assert.AreEqual("/no/such/program: No such file or directory", Failure(lab.Name, "shop/web", "/no/such/program"));
        Assert.Contains("is not up", Failure(LabFactory.NewName(), "shop/web", "true"), StringComparison.Ordinal);
    }

    private static int NamespacesOfThreads() =>
        Directory.EnumerateDirectories("/proc/self/task").Select(task => new FileInfo($"{task}/ns/net").LinkTarget).OfType<string>().Distinct(StringComparer.Ordinal).Count();

    private static string Failure(string lab, string pod, string command) =>
        Assert.ThrowsExactly<LabException>(() => LabNetwork.Exec(lab, pod, [command])).Message;

    private static int Sh(LabNetwork lab, string pod, string script) => LabNetwork.Exec(lab.Name, pod, ["sh", "-c", script]);

    private static List<string> NamespacesOf(string lab) =>
        [.. NetworkNamespace.List().Where(name => name.StartsWith($"netpol-lab-{lab}.", StringComparison.Ordinal))];

    private static Process Hold(string name)
    {
        var holder = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, Command(name)) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.AreEqual("up", holder.StandardOutput.ReadLine());
        return holder;
    }

    // The tests run as their own executable, or as `dotnet` with their assembly.
    private static string[] Command(string name) =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(Program).Assembly.Location, Program.HoldLab, name]
            : [Program.HoldLab, name];

    private sealed class Reports(Action<LabProgress> report) : IProgress<LabProgress>
    {
        public void Report(LabProgress value) => report(value);
    }
}
