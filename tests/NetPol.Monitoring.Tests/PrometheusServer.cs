using System.Globalization;
using System.Text.Json;
using NetPol.Testing.Infrastructure;

namespace NetPol.Monitoring.Tests;

/// <summary>A real Prometheus, on a node, that asks its agent every second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private const string Address = "127.0.0.1:9090";
    private readonly string _folder = Directory.CreateTempSubdirectory("npt-prometheus-").FullName;
    private readonly MonitoredNode _node;
    private readonly NamespaceProcess _process;

    public PrometheusServer(MonitoredNode node)
    {
        TestRequirements.ClusterProgram("prometheus", "/usr/bin/prometheus");
        _node = node;
        File.WriteAllText(Path.Combine(_folder, "prometheus.yml"), $$"""
            global: { scrape_interval: 1s }
            scrape_configs: [ { job_name: netpol-agent, static_configs: [ { targets: [ "127.0.0.1:{{MonitoredNode.MetricsPort}}" ] } ] } ]
            """);
        _process = new(
            node.NamespaceName,
            [
                "prometheus", "--config.file", Path.Combine(_folder, "prometheus.yml"), "--storage.tsdb.path", Path.Combine(_folder, "data"), "--web.listen-address", Address,
            ]);
    }

    /// <summary>Waits until a query's samples are these: <c>{label values, in the order of the labels}</c> and number.</summary>
    public async Task UntilAsync(string query, params string[] expected)
    {
        var wanted = string.Join('\n', expected.Order(StringComparer.Ordinal));
        await TaskTimeouts.PollAsync($"{query} to be\n{wanted}\n", () => AskAsync(query), answer => string.Equals(answer, wanted, StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A line a sample, sorted; null while there is no answer.</summary>
    private async Task<string?> AskAsync(string query)
    {
        Assert.IsFalse(_process.HasEnded, _process.Output);
        try
        {
            using var answer = JsonDocument.Parse(await _node.Http.GetStringAsync($"http://{Address}/api/v1/query?query={Uri.EscapeDataString(query)}"));
            return string.Join('\n', answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(Line).Order(StringComparer.Ordinal));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static string Line(JsonElement sample)
    {
        var labels = sample.GetProperty("metric").EnumerateObject().OrderBy(l => l.Name, StringComparer.Ordinal).Select(l => $"{l.Name}={l.Value.GetString()}");
        var number = double.Parse(sample.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        return $"{string.Join(' ', labels)}: {number.ToString(CultureInfo.InvariantCulture)}";
    }
}
