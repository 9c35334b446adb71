using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NetPol.Agent.FlowLogs;
using NetPol.Testing.Infrastructure;

namespace NetPol.Agent.Tests.FlowLogs;

[TestClass]
public sealed class FileExporterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("npt-flows-").FullName;
    private readonly RecordedFlowMetrics _meters = new();

    private string Log => Path.Combine(_folder, "flows.log");

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _meters.Dispose();
    }

    [TestMethod, TestCategory("Unit")]
    public async Task Lines_are_appended_to_whatever_has_the_name_now()
    {
        var exporter = Exporter(1 << 20);
        Assert.AreEqual(0, await exporter.WriteAsync(SampleFlows.Batch(2, lost: 5), CancellationToken.None));
        await exporter.WriteAsync(SampleFlows.Batch(1), CancellationToken.None);
        var lines = File.ReadAllLines(Log);
        Assert.HasCount(3, lines);
        Assert.EndsWith("\"count\":1,\"lost\":5}", lines[0]);
        Assert.EndsWith("\"count\":1}", lines[1]);
        File.Move(Log, Log + ".old");
        await exporter.WriteAsync(SampleFlows.Batch(1), CancellationToken.None);
        Assert.HasCount(1, File.ReadAllLines(Log));
    }

    [TestMethod, TestCategory("Unit")]
    public async Task A_file_without_rotation_is_bounded()
    {
        var exporter = Exporter(1000);
        for (var i = 0; i < 50; i++)
            await exporter.WriteAsync(SampleFlows.Batch(1), CancellationToken.None);
        CollectionAssert.AreEquivalent(new[] { Log, Log + ".1" }, Directory.GetFiles(_folder));
        var line = new FileInfo(Log + ".1").Length / File.ReadAllLines(Log + ".1").Length;
        Assert.IsLessThan(1000 + line, new FileInfo(Log + ".1").Length);
    }

    [TestMethod, TestCategory("Unit")]
    public async Task Unwritten_records_are_counted_and_reported_with_the_next_batch()
    {
        var exporter = new FileExporter(_folder, 1000, _meters.Meter, NullLogger<FileExporter>.Instance);
        Assert.AreEqual(3 + 5, await exporter.WriteAsync(SampleFlows.Batch(3, lost: 5), CancellationToken.None));
        Assert.AreEqual(3, _meters.Lost(FlowLossReason.Output));
    }

    [TestMethod, TestCategory("Kernel")]
    public async Task A_file_system_that_is_full_gets_whole_lines_only()
    {
        TestRequirements.Kernel();
        Run("mount", "-t", "tmpfs", "-o", "size=16k", "npt-flows", _folder);
        try
        {
            var exporter = Exporter(1 << 20);
            long written = 0, lost = 0;
            while (lost == 0)
            {
                lost = await exporter.WriteAsync(SampleFlows.Batch(10), CancellationToken.None);
                written += lost == 0 ? 10 : 0;
            }
            Assert.AreEqual(10, lost);
            Assert.IsTrue(await File.ReadAllTextAsync(Log) is [.., '}', '\n']);
            Assert.HasCount((int)written, await File.ReadAllLinesAsync(Log));
        }
        finally
        {
            Run("umount", _folder);
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, program);
    }

    private FileExporter Exporter(long maxBytes) => new(Log, maxBytes, _meters.Meter, NullLogger<FileExporter>.Instance);
}
