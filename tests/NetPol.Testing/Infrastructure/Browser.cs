using System.Diagnostics;
using System.Text.Json.Nodes;

namespace NetPol.Testing.Infrastructure;

/// <summary>A Chromium process with one empty tab and a new profile.</summary>
public sealed class Browser : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";
    private const string Listening = "DevTools listening on ";

    private readonly Process _process;
    private readonly string _folder;
    private readonly DevTools _tab;
    private readonly CancellationToken _timeout;

    private Browser(Process process, string folder, DevTools tab, CancellationToken timeout) =>
        (_process, _folder, _tab, _timeout) = (process, folder, tab, timeout);

    /// <summary>Every URL that the tab requested.</summary>
    public IReadOnlyList<Uri> Requests => [.. _tab.Events("Network.requestWillBeSent").Select(e => new Uri((string)e["request"]!["url"]!))];

    /// <summary>The errors that the tab logged: violations of the content security policy, and script errors.</summary>
    public IReadOnlyList<string> Faults =>
    [
        .. _tab.Events("Log.entryAdded").Select(e => e["entry"]!).Where(e => (string?)e["source"] != "network").Select(e => (string)e["text"]!),
        .. _tab.Events("Runtime.exceptionThrown").Select(e => e.ToJsonString()),
    ];

    /// <param name="timeout">The timeout of every wait.</param>
    public static async Task<Browser> StartAsync(CancellationToken timeout)
    {
        TestRequirements.Browser(Program);
        var folder = Directory.CreateTempSubdirectory("npt-browser-").FullName;
        var start = new ProcessStartInfo(Program,
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--ignore-certificate-errors", "--disable-dev-shm-usage", "--window-size=1100,1100", "--remote-debugging-port=0", $"--user-data-dir={folder}", "about:blank",
        ])
        { UseShellExecute = false, RedirectStandardError = true };
        var process = Process.Start(start)!;
        var address = await AddressAsync(process, timeout);
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var http = new HttpClient();
        var tabs = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{address.Port}/json/list"), timeout))!.AsArray();
        var tab = await DevTools.ConnectAsync(new((string)tabs.First(t => (string?)t!["type"] == "page")!["webSocketDebuggerUrl"]!), timeout);
        foreach (var domain in (string[])["Page", "Runtime", "Network", "Log"])
            await tab.CallAsync($"{domain}.enable", [], timeout);
        return new(process, folder, tab, timeout);
    }

    public Task OpenAsync(Uri address) => _tab.CallAsync("Page.navigate", new() { ["url"] = address.ToString() }, _timeout);

    /// <summary>Returns the value of a JavaScript expression in the page.</summary>
    public async Task<string?> ReadAsync(string expression)
    {
        var answer = await _tab.CallAsync("Runtime.evaluate", new() { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true }, _timeout);
        if (answer["exceptionDetails"] is { } error)
            Assert.Fail($"{expression}: {error.ToJsonString()}");
        return answer["result"]!["value"]?.ToString();
    }

    /// <summary>Waits until an expression is true. It is evaluated again after every change of the page.</summary>
    public async Task UntilAsync(string what, string expression)
    {
        try
        {
            await ReadAsync($$"""
                new Promise(done => {
                  const look = () => { if ({{expression}}) { watch.disconnect(); done(true); } };
                  const watch = new MutationObserver(look);
                  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
                  look();
                })
                """);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"awaited in vain: {what}");
        }
    }

    public Task TypeAsync(string text) => _tab.CallAsync("Input.insertText", new() { ["text"] = text }, _timeout);

    /// <summary>Presses and releases a key.</summary>
    public async Task PressAsync(string key, int code)
    {
        foreach (var type in (string[])["keyDown", "keyUp"])
        {
            var press = new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
            if (type == "keyDown" && key == "Enter")
                press["text"] = "\r";
            await _tab.CallAsync("Input.dispatchKeyEvent", press, _timeout);
        }
    }

    /// <summary>Returns the accessibility tree: the role and name of each node, such as <c>cell "closed"</c>.</summary>
    public async Task<IReadOnlyList<string>> HeardAsync()
    {
        var tree = await _tab.CallAsync("Accessibility.getFullAXTree", [], _timeout);
        return [.. tree["nodes"]!.AsArray().Where(n => !(bool)n!["ignored"]!).Select(n => $"{n!["role"]?["value"]} \"{n["name"]?["value"]}\"")];
    }

    public Task PreferAsync(string colors) => _tab.CallAsync(
        "Emulation.setEmulatedMedia", new() { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = colors }) }, _timeout);

    public async Task<byte[]> ScreenshotAsync() =>
        Convert.FromBase64String((string)(await _tab.CallAsync("Page.captureScreenshot", new() { ["captureBeyondViewport"] = true }, _timeout))["data"]!);

    public async ValueTask DisposeAsync()
    {
        await _tab.DisposeAsync();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Uri> AddressAsync(Process process, CancellationToken timeout)
    {
        var output = new List<string>();
        while (await process.StandardError.ReadLineAsync(timeout) is { } line)
        {
            if (line.StartsWith(Listening, StringComparison.Ordinal))
                return new(line[Listening.Length..]);
            output.Add(line);
        }
        throw new InvalidOperationException($"the browser did not start: {string.Join('\n', output)}");
    }
}
