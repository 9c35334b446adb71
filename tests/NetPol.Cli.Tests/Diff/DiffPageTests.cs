using System.Globalization;
using NetPol.Cli.Input;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;
using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.Diff;

/// <summary>The page of <c>diff -o html</c> shows in a real browser what <c>diff -o json</c> contains.</summary>
[TestClass, TestCategory("Browser")]
public sealed class DiffPageTests : IDisposable
{
    private const int Enter = 13;
    private const int Right = 39;
    private const int Down = 40;
    private static readonly string ThreeTier = Repository.Path("policy-samples", "three-tier");
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromMinutes(3));
    private readonly string _folder = Directory.CreateTempSubdirectory("netpol-page-").FullName;

    public void Dispose()
    {
        _timeout.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public async Task Every_sample_with_and_without_its_policies_is_marked_as_reported()
    {
        await using var browser = await Browser.StartAsync(_timeout.Token);
        var (all, words) = (0, new HashSet<string>(StringComparer.Ordinal));
        foreach (var sample in Directory.EnumerateDirectories(Repository.Path("policy-samples")).Order(StringComparer.Ordinal))
        {
            var files = new ManifestSource([sample], [], [], null, new(null, null));
            var clusters = (await ClusterPair.LoadAsync(files, files, null, _timeout.Token)).With(_ => null);
            foreach (var comparison in new[] { ClusterDiffer.Compare(clusters.Old, clusters.New), ClusterDiffer.Compare(clusters.New, clusters.Old) })
            {
                var squares = await AssertShownAsync(browser, comparison, sample);
                all += squares.Count;
                words.UnionWith(squares.Values);
            }
        }

        Assert.IsGreaterThan(500, all);
        Assert.AreEqual("closes, opens", string.Join(", ", words.Order(StringComparer.Ordinal)));
        Assert.AreEqual("", string.Join('\n', browser.Faults));
    }

    [TestMethod]
    public async Task Generated_clusters_that_change_are_marked_as_reported()
    {
        await using var browser = await Browser.StartAsync(_timeout.Token);
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (cluster, steps) in CompilerAgreement.Walks.Draw(100))
        {
            var after = steps.Aggregate(cluster, (at, step) => step.Apply(at));
            var squares = await AssertShownAsync(browser, ClusterDiffer.Compare(cluster, after, deciders: true), $"{new ClusterSample(cluster, [])} becomes {new ClusterSample(after, [])}");
            words.UnionWith(squares.Values);
        }

        Assert.AreEqual("closes, is decided by other policies, opens, opens and closes", string.Join(", ", words.Order(StringComparer.Ordinal)));
        Assert.AreEqual("", string.Join('\n', browser.Faults));
    }

    [TestMethod]
    public async Task A_square_shows_ports_and_deciding_rules_and_has_keyboard_focus()
    {
        await using var browser = await Browser.StartAsync(_timeout.Token);
        await browser.OpenAsync(await WriteAsync(
            "--old", ThreeTier, "-f", ThreeTier, "--without", "cnp/guests-stay-out", "--without", "cnp/monitoring-scrapes", "--without", "netpol/shop/api-from-web"));

        Assert.AreEqual(
            "guest/sandbox -> shop/web: opens\nmonitoring/prometheus -> data/db: closes\nmonitoring/prometheus -> shop/api: closes\n" +
            "monitoring/prometheus -> shop/web: closes\nshop/web -> shop/api: closes",
            Joined(await browser.SquaresAsync()));
        await browser.ReadAsync("document.querySelector('td[tabindex=\"0\"]').focus()");
        await browser.PressAsync("ArrowRight", Right);
        await browser.PressAsync("ArrowRight", Right);
        Assert.AreEqual(
            "guest/sandbox → shop/web\n+opens: 80/TCP\nwas denied by\nClusterNetworkPolicy guests-stay-out ingress rule 0 \"no-guests\"\n" +
            "now allowed by\nNetworkPolicy shop/web-from-anyone ingress rule 0",
            await browser.ReadAsync("document.querySelector('#live').textContent"));
        await browser.PressAsync("ArrowDown", Down);
        Assert.AreEqual(
            "monitoring/prometheus → shop/web\n−closes: 9100/TCP\nwas allowed by\nClusterNetworkPolicy monitoring-scrapes ingress rule 0 \"metrics\"\n" +
            "now denied by\ningress isolation of shop/default-deny, shop/web-from-anyone",
            await browser.ReadAsync("document.querySelector('#tip').innerText"));
        var heard = await browser.HeardAsync();
        foreach (var thing in (string[])["grid \"What opens and what closes\"", "rowheader \"guest/sandbox\"", "columnheader \"shop/api\"", "gridcell \"opens\"", "heading \"Closes (2)\""])
            Assert.Contains(thing, heard);
        await PictureAsync(browser, "diff");
        Assert.AreEqual("", string.Join('\n', browser.Faults));
        Assert.IsTrue(browser.Requests.All(r => r.Scheme == "file"), string.Join('\n', browser.Requests));
    }

    [TestMethod]
    public async Task A_hundred_namespaces_are_shown_whole_and_opened_one_by_one()
    {
        await using var browser = await Browser.StartAsync(_timeout.Token);
        var (cluster, policies) = await WriteTeamsAsync();
        var path = await WriteAsync("--old", cluster, "-f", cluster, "-f", policies);
        await browser.OpenAsync(path);

        var squares = await browser.SquaresAsync();
        Assert.HasCount((99 * 100) + 200, squares);
        Assert.AreEqual("closes", squares["team-17 -> team-42"]);
        Assert.IsFalse(squares.ContainsKey("team-17 -> team-17"));
        Assert.IsLessThan(150_000, new FileInfo(path).Length);
        await PictureAsync(browser, "diff-namespaces");

        await browser.ReadAsync("document.querySelector('td[tabindex=\"0\"]').focus()");
        await browser.PressAsync("ArrowRight", Right);
        Assert.AreEqual(
            "team-00 → team-01\n−closes: every port\nwas allowed by\ndefault\nnow denied by\ningress isolation of team-01/inside",
            await browser.ReadAsync("document.querySelector('#live').textContent"));
        await browser.PressAsync("Enter", Enter);
        Assert.AreEqual(
            "team-00/db -> team-01/db: closes\nteam-00/db -> team-01/web: closes\nteam-00/web -> team-01/db: closes\nteam-00/web -> team-01/web: closes",
            Joined(await browser.SquaresAsync()));
        Assert.AreEqual("team-00/db", await browser.ReadAsync("document.activeElement.parentElement.querySelector('th').title"));

        await browser.ReadAsync("document.querySelector('#back').click(), document.querySelector('#filter').focus()");
        await browser.TypeAsync("team-42");
        Assert.HasCount(99 + 99 + 2, await browser.SquaresAsync());
        await browser.TypeAsync("0");
        Assert.AreEqual("No change has such a name.", await browser.ReadAsync("document.querySelector('#grid').innerText"));
        Assert.AreEqual("", string.Join('\n', browser.Faults));
    }

    [TestMethod]
    public async Task Markup_in_the_name_of_a_rule_stays_text()
    {
        const string Name = "</script><img src=x onerror=document.title='run'><!--<script>";
        await File.WriteAllTextAsync(Path.Combine(_folder, "rule.yaml"), $$"""
            apiVersion: policy.networking.k8s.io/v1alpha1
            kind: AdminNetworkPolicy
            metadata: { name: first }
            spec: { priority: 1, subject: { namespaces: {} }, ingress: [{ name: "{{Name}}", action: Deny, from: [{ namespaces: {} }] }] }
            """);
        await using var browser = await Browser.StartAsync(_timeout.Token);
        var path = await WriteAsync("--old", ThreeTier, "-f", ThreeTier, "-f", Path.Combine(_folder, "rule.yaml"));
        await browser.OpenAsync(path);

        Assert.DoesNotContain(Name, await File.ReadAllTextAsync(path));
        Assert.Contains($"now denied by\nAdminNetworkPolicy first ingress rule 0 \"{Name}\"", await browser.ReadAsync("document.querySelector('#words').innerText") ?? "");
        Assert.AreEqual("What opens and what closes", await browser.ReadAsync("document.title"));
        Assert.AreEqual("", string.Join('\n', browser.Faults));
    }

    [TestMethod]
    public async Task The_page_lists_new_removed_and_moved_objects_and_says_when_nothing_changed()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "pod.yaml"), """
            apiVersion: v1
            kind: Pod
            metadata: { name: api, namespace: guest }
            spec: { containers: [{ name: c }] }
            """);
        await using var browser = await Browser.StartAsync(_timeout.Token);
        await browser.OpenAsync(await WriteAsync("--old", ThreeTier, "-f", ThreeTier, "-f", Path.Combine(_folder, "pod.yaml")));

        Assert.AreEqual("No connection opens or closes.", await browser.ReadAsync("document.querySelector('#grid').innerText"));
        Assert.AreEqual("What else differs\nnew pods: 1\nguest/api", (await browser.ReadAsync("document.querySelector('#others').innerText"))!.Replace("\n\n", "\n", StringComparison.Ordinal));
        Assert.AreEqual("", string.Join('\n', browser.Faults));
    }

    private async Task<SortedDictionary<string, string>> AssertShownAsync(Browser browser, ClusterDiff comparison, string which)
    {
        await browser.OpenAsync(_folder, comparison);
        var (reported, shown) = (new ExpandedChanges(comparison).Squares(DiffPage.Rows(comparison)), await browser.SquaresAsync());
        Assert.AreEqual(Joined(reported), Joined(shown), which);
        return shown;
    }

    private static string Joined(SortedDictionary<string, string> squares) => string.Join('\n', squares.Select(s => $"{s.Key}: {s.Value}"));

    /// <summary>Writes the output of the command to a file.</summary>
    private async Task<string> WriteAsync(params string[] sides)
    {
        var outcome = await NetPolProcess.RunAsync(["diff", .. sides, "-o", "html"]);
        Assert.AreEqual(1, outcome.ExitCode, outcome.Error);
        var path = Path.Combine(_folder, "page.html");
        await File.WriteAllTextAsync(path, outcome.Output);
        return path;
    }

    /// <summary>Writes 100 namespaces with two workloads each, and a policy for each namespace that denies connections from outside it.</summary>
    private async Task<(string Cluster, string Policies)> WriteTeamsAsync()
    {
        var (cluster, policies) = (new StringWriter(CultureInfo.InvariantCulture), new StringWriter(CultureInfo.InvariantCulture));
        for (var i = 0; i < 100; i++)
        {
            foreach (var app in (string[])["web", "db"])
                cluster.WriteLine($"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {app}, namespace: team-{i:D2} }}\nspec:\n  replicas: 5\n  selector: {{ matchLabels: {{ app: {app} }} }}\n  template: {{ metadata: {{ labels: {{ app: {app} }} }}, spec: {{ containers: [{{ name: c }}] }} }}");
            policies.WriteLine($"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{ name: inside, namespace: team-{i:D2} }}\nspec: {{ podSelector: {{}}, ingress: [{{ from: [{{ podSelector: {{}} }}] }}] }}");
        }
        var (old, now) = (Path.Combine(_folder, "world.yaml"), Path.Combine(_folder, "policies.yaml"));
        await File.WriteAllTextAsync(old, cluster.ToString());
        await File.WriteAllTextAsync(now, policies.ToString());
        return (old, now);
    }

    /// <summary>Saves screenshots in light and in dark mode, for visual review.</summary>
    private async Task PictureAsync(Browser browser, string name)
    {
        var folder = Directory.CreateDirectory(Repository.Path("artifacts", "pictures")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}.png"), await browser.ScreenshotAsync(), _timeout.Token);
        await browser.PreferAsync("dark");
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-dark.png"), await browser.ScreenshotAsync(), _timeout.Token);
        await browser.PreferAsync("light");
    }
}
