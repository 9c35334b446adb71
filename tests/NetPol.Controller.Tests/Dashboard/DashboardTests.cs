using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using k8s;
using k8s.Models;
using NetPol.Controller.Dashboard;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Tests.EndToEnd;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol;
using NetPol.Protocol.Flows;
using NetPol.Protocol.Status;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Controller.Tests.Dashboard;

/// <summary>The page of the whole controller on a real API server: in a real browser, and who may read what.</summary>
[TestClass, TestCategory("Browser")]
public sealed class DashboardTests : IDisposable
{
    private const int Tab = 9;
    private const int Enter = 13;
    private static readonly SharedTestController Started = new(StartAsync);
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(120));

    [ClassCleanup]
    public static Task StopAsync() => Started.StopAsync();

    public void Dispose() => _timeout.Dispose();

    [TestMethod]
    public async Task A_browser_shows_the_map_the_denials_and_the_nodes_and_follows_what_changes()
    {
        var host = await Started.Value;
        await using var node = new TestAgent("n1", host.Port, await host.TokenAsync(), host.Authorities);
        await node.StartAsync();
        await node.UntilAsync("it has rules", () => node.Rules is not null);
        using (var agent = ControllerChannel.Open($"127.0.0.1:{host.Port}", host.Options.TlsName, host.Authorities))
            await agent.ReportAsync(await host.TokenAsync(), new([Denial], 0), _timeout.Token);
        await using var browser = await Browser.StartAsync(_timeout.Token);

        await browser.OpenAsync(new($"https://127.0.0.1:{host.Options.DashboardPort}/"));
        await browser.UntilAsync("the form", "document.querySelector('#token')");
        Assert.Contains("kubectl -n netpol-system create token netpol-observer --audience netpol", await browser.ReadAsync("document.body.innerText") ?? "");
        await SignInAsync(browser, "garbage");
        await browser.UntilAsync("a refusal", "document.querySelector('#problem').innerText.includes('the token is no JSON web token')");
        Assert.AreEqual("", await browser.ReadAsync("document.querySelector('#mapbox').innerText + document.querySelector('#nodebox').innerText + document.querySelector('#denialbox').innerText"));

        await SignInAsync(browser, await ObserverTokenAsync(host));
        await browser.UntilAsync("a closed pair", "document.querySelector('td[title=\"shop to bank: closed\"]')");
        await browser.UntilAsync("an open pair", "document.querySelector('td[title=\"bank to shop: open\"]')");
        await browser.UntilAsync("a node that enforces", "document.querySelector('#nodebox').innerText.includes('✓ up to date')");
        Assert.Contains("bank/safe\t5432/TCP\tingress: NetworkPolicy bank/closed (isolation)\tn1\t3", await browser.ReadAsync("document.querySelector('#denialbox').innerText") ?? "");
        Assert.Contains("n2\t✗ no agent is connected to a controller", await browser.ReadAsync("document.querySelector('#nodebox').innerText") ?? "");
        await browser.UntilAsync(
            "a banner that names the other node",
            "document.querySelector('#banner').checkVisibility() && document.querySelector('#banner').innerText === '⚠ 1 of 2 nodes does not enforce the policies: no agent is connected to a controller (n2). The map shows what the policies say, not what happens on this node.'");
        var heard = await browser.HeardAsync();
        foreach (var thing in (string[])["rowheader \"shop\"", "columnheader \"bank\"", "cell \"closed\"", "region \"Namespaces\"", "heading \"Recent denials\"", "button \"Sign out\""])
            Assert.Contains(thing, heard);

        await File.WriteAllBytesAsync(Picture("page.png"), await browser.ScreenshotAsync(), _timeout.Token);
        await browser.PreferAsync("dark");
        await File.WriteAllBytesAsync(Picture("page-dark.png"), await browser.ScreenshotAsync(), _timeout.Token);

        await host.Client.NetworkingV1.DeleteNamespacedNetworkPolicyAsync("closed", "bank");
        await browser.UntilAsync("the pair opens", "document.querySelector('td[title=\"shop to bank: open\"]')");
        Assert.Contains("shop to bank: open", await browser.ReadAsync("document.querySelector('#news').innerText") ?? "");
        await browser.ReadAsync("document.querySelector('#filter').focus()");
        await browser.TypeAsync("sho");
        await browser.UntilAsync("one name", "document.querySelectorAll('#mapbox tbody tr').length === 1");

        await browser.ReadAsync("document.querySelector('#out').focus()");
        await browser.PressAsync("Enter", Enter);
        await browser.UntilAsync("the form again", "!document.querySelector('#in').hidden && document.querySelector('#banner').hidden && !sessionStorage.length && !document.querySelector('#mapbox').innerText");
        Assert.AreEqual("", string.Join('\n', browser.Faults));
        Assert.IsGreaterThan(3, browser.Requests.Count);
        Assert.IsTrue(browser.Requests.All(r => r.Scheme is "data" || (r.Host == "127.0.0.1" && r.Port == host.Options.DashboardPort)), string.Join('\n', browser.Requests));
        await host.Client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(Closed, "bank");
    }

    [TestMethod]
    public async Task The_denials_are_those_of_all_replicas_and_the_page_says_whose_are_missing()
    {
        var host = await Started.Value;
        using var http = Client(host);
        var observer = await ObserverTokenAsync(host);
        await using (var other = await host.StartReplicaAsync("other"))
        {
            using var agent = ControllerChannel.Open($"127.0.0.1:{other.Port}", other.Options.TlsName, other.Authorities);
            await agent.ReportAsync(
                await host.TokenAsync(), new([Denial with { FirstPacketAt = DateTimeOffset.UnixEpoch.AddDays(1), Count = 71 }, Denial with { FirstPacketAt = DateTimeOffset.UnixEpoch.AddDays(2), Count = 72 }], 0), _timeout.Token);
            var counts = (await UntilAsync(view => view.Denials.Any(d => d.Count == 72))).Denials.Select(d => d.Count).ToList();
            // The latest comes first, whichever agent reports it.
            CollectionAssert.AreEqual(new[] { 72L, 71L }, counts.Take(2).ToArray());
            using var there = Client(other);
            var (status, text) = await AskAsync(there, "/view", $"Bearer {observer}");
            Assert.AreEqual(HttpStatusCode.OK, status, text);
        }

        // It has taken its report back.
        Assert.IsNull((await UntilAsync(view => view.Denials.All(d => d.Count < 71))).Fault);
        await using var impostor = await ScriptedController.StartAsync();
        foreach (var (replica, address, why) in ((string, string?, string)[])
        [
            ("mute", null, "it does not say where it is reached"),
            ("deleted", $"127.0.0.1:{PrivateApiServer.FreePorts(1)[0]}", "Connection refused"),
            ("garbled", "no address", "Invalid URI"),
            ("impostor", $"127.0.0.1:{impostor.Port}", "remote certificate was rejected"),
        ])
        {
            await ReportAsync(replica, new ReplicaReport(DateTimeOffset.UtcNow, false, 1, [], [], [], 0, 0) { Address = address }.Write());
            var fault = (await UntilAsync(view => view.Fault is not null)).Fault;
            Assert.StartsWith($"The denials of the nodes that are connected to {replica} are not shown: ", fault);
            Assert.Contains(why, fault);
            await ReportAsync(replica, null);
        }
        // One that this replica has taken the place of, and its address.
        await ReportAsync("before", new ReplicaReport(DateTimeOffset.UtcNow, false, 1, [], [], [], 0, 0) { Address = $"127.0.0.1:{host.Port}" }.Write());
        var own = await UntilAsync(_ => true);
        Assert.IsNull(own.Fault);
        Assert.HasCount(host.Flows.RecentDenials.Count, own.Denials);
        await ReportAsync("before", null);

        Task ReportAsync(string replica, string? report) => host.Client.CoreV1.PatchNamespacedConfigMapAsync(
            new(JsonSerializer.Serialize(new { data = new Dictionary<string, string?>(StringComparer.Ordinal) { [replica] = report } }), V1Patch.PatchType.MergePatch),
            ReplicaReport.ConfigMapName, host.Options.Namespace);

        async Task<DashboardView> UntilAsync(Func<DashboardView, bool> holds)
        {
            while (true)
            {
                var (status, text) = await AskAsync(http, "/view", $"Bearer {observer}");
                Assert.AreEqual(HttpStatusCode.OK, status, text);
                if (JsonSerializer.Deserialize<DashboardView>(text, JsonSerializerOptions.Web) is { } view && holds(view))
                    return view;
            }
        }
    }

    [TestMethod]
    public async Task The_page_itself_holds_no_data_and_every_answer_forbids_what_it_does_not_need()
    {
        var host = await Started.Value;
        using var http = Client(host);
        foreach (var path in (string[])["/", "/view", "/nothing"])
        {
            using var answer = await http.GetAsync(path, _timeout.Token);
            var policy = Assert.ContainsSingle(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy);
            Assert.Contains("connect-src 'self'", policy);
            Assert.Contains("frame-ancestors 'none'", policy);
            Assert.DoesNotContain("unsafe", policy);
            Assert.AreEqual("no-store", answer.Headers.CacheControl!.ToString());
            Assert.AreEqual("nosniff no-referrer", string.Join(' ', answer.Headers.GetValues("X-Content-Type-Options").Concat(answer.Headers.GetValues("Referrer-Policy"))));
            Assert.DoesNotContain("bank", await answer.Content.ReadAsStringAsync(_timeout.Token));
        }
    }

    [TestMethod]
    public async Task A_caller_without_an_observer_token_receives_nothing()
    {
        var host = await Started.Value;
        using var http = Client(host);
        var observer = await ObserverTokenAsync(host);
        foreach (var (authorization, status, why) in ((string?, HttpStatusCode, string)[])
        [
            (null, HttpStatusCode.Unauthorized, "a bearer token is needed"),
            ($"Basic {observer}", HttpStatusCode.Unauthorized, "a bearer token is needed"),
            ("Bearer garbage", HttpStatusCode.Unauthorized, "the token is no JSON web token"),
            ($"Bearer {TestToken.Make("made up")}", HttpStatusCode.Unauthorized, "does not accept the token"),
            ($"Bearer {await host.TokenAsync("netpol-observer", null, "vault")}", HttpStatusCode.Unauthorized, "is not of the audience netpol"),
            ($"Bearer {await host.TokenAsync("somebody", null)}", HttpStatusCode.Forbidden, "system:serviceaccount:netpol-system:somebody"),
            ($"Bearer {await host.TokenAsync()}", HttpStatusCode.Forbidden, "that of an agent"),
        ])
        {
            var (reported, text) = await AskAsync(http, $"/view?access_token={observer}", authorization);
            Assert.AreEqual(status, reported, text);
            Assert.Contains(why, text);
            Assert.DoesNotContain("bank", text);
        }
        var (ok, view) = await AskAsync(http, "/view", $"Bearer {observer}");
        Assert.AreEqual(HttpStatusCode.OK, ok, view);
        Assert.Contains("\"bank\"", view);
    }

    [TestMethod]
    public async Task It_is_served_by_its_own_port_alone_and_by_none_unless_asked_for()
    {
        var host = await Started.Value;
        Assert.IsNull(new ControllerOptions().DashboardPort);
        using var http = Client(host);
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version11 };
        Assert.AreEqual(HttpStatusCode.NotFound, (await client.GetAsync(new Uri($"http://127.0.0.1:{host.Options.LocalPort}/view"), _timeout.Token)).StatusCode);
        Assert.AreEqual(HttpStatusCode.NotFound, (await http.GetAsync("/state", _timeout.Token)).StatusCode);
        using var posted = new StringContent("");
        Assert.AreEqual(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/view", posted, _timeout.Token)).StatusCode);
    }

    private static V1NetworkPolicy Closed => new() { Metadata = new() { Name = "closed" }, Spec = new() { PodSelector = new(), PolicyTypes = ["Ingress"] } };

    private static FlowRecord Denial => new()
    {
        FirstPacketAt = DateTimeOffset.UnixEpoch,
        LastPacketAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByIsolation(Direction.Ingress, [new(PolicyKind.NetworkPolicy, "bank", "closed")]),
        Source = new(IpAddress.Parse("10.1.0.5"), null, AddressOwner.OfPod(new("shop", "web"), Labels.None)),
        Destination = new(IpAddress.Parse("10.1.0.6"), 5432, AddressOwner.OfPod(new("bank", "safe"), Labels.None)),
        Protocol = 6,
        Count = 3,
    };

    private static async Task<TestController> StartAsync()
    {
        var host = await TestController.StartAsync(page: true);
        await host.CreateWorkloadAsync("shop", "web", "10.1.0.5");
        await host.CreateWorkloadAsync("bank", "safe", "10.1.0.6");
        await host.Client.NetworkingV1.CreateNamespacedNetworkPolicyAsync(Closed, "bank");
        return host;
    }

    private static Task<string> ObserverTokenAsync(TestController host) => host.TokenAsync(account: "netpol-observer", pod: null);

    /// <summary>By the keyboard alone: the form is where the focus goes next.</summary>
    private static async Task SignInAsync(Browser browser, string token)
    {
        for (var presses = 0; await browser.ReadAsync("document.activeElement.id") != "token"; presses++)
        {
            Assert.IsLessThan(10, presses, "the keyboard does not get to the form");
            await browser.PressAsync("Tab", Tab);
        }
        await browser.TypeAsync(token);
        await browser.PressAsync("Enter", Enter);
    }

    private static string Picture(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts/pictures")).FullName, name);

    /// <summary>A client that believes the cluster's authority only.</summary>
    private static HttpClient Client(TestController host)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(host.Authorities);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new() { CertificateChainPolicy = policy },
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, host.Options.DashboardPort!.Value, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new(handler) { BaseAddress = new($"https://{host.Options.TlsName}/") };
    }

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpClient http, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null)
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        using var answer = await http.SendAsync(request, _timeout.Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(_timeout.Token));
    }
}
