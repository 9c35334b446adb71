using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using Spectre.Console;

namespace NetPol.Cli.Check;

/// <summary><c>netpol check</c>: validates manifests and warns about likely mistakes.</summary>
internal static class CheckCommand
{
    private const string Examples = """
        netpol check -f policies.yaml
        netpol check -f policies/ --fail-on warning --ignore egress-without-dns
        netpol check --context production
        netpol check -f new-policy.yaml --context production
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new InputOptions(global);
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var failOn = FailOn();
        var ignored = Ignored();
        var command = new NetPolCommand("check", "Validate policies as an API server does; warn of likely mistakes.")
        {
            Remarks = InputOptions.Remarks,
            Examples = Examples,
        };
        command.Add(failOn);
        command.Add(ignored);
        command.Add(output);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var report = Check(await options.Read(result).ReadAsync(cancel), result.GetValue(ignored) ?? []);
            Write(report, result.GetRequiredValue(output));
            return report.Diagnostics.Any(d => d.Severity >= result.GetRequiredValue(failOn)) ? ExitCode.Found : ExitCode.Success;
        });
        return command;
    }

    private static Option<Severity> FailOn() =>
        SharedOptions.Choice("--fail-on", "Lowest severity that makes the exit code 1 (default: error).", Severity.Error, Severity.Warning);

    private static Option<string[]> Ignored()
    {
        var option = new Option<string[]>("--ignore")
        {
            Description = "Warnings to suppress; docs/reference/check-codes.md lists the codes.",
            HelpName = "CODE",
        };
        option.CompletionSources.Add([.. LintCode.All.Select(l => l.Code)]);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => !LintCode.IsKnown(t.Value)))
                result.AddError($"--ignore {token.Value}: there is no such warning; write one of {string.Join(", ", LintCode.All.Select(l => l.Code))}");
        });
        return option;
    }

    private static CheckReport Check(LoadedManifests loaded, string[] ignored)
    {
        var cluster = loaded.Complete();
        var lints = PolicyLinter.Check(loaded);
        var diagnostics = loaded.Diagnostics.Concat(lints.Diagnostics)
            .OrderBy(d => d.Location)
            .Select(Refused)
            .Concat(CompileCheck.Check(cluster))
            .Concat(NamespaceBudgets.Check(cluster))
            .Where(d => d.Severity == Severity.Error || !ignored.Contains(d.Code, StringComparer.Ordinal))
            .ToList();
        if (loaded.Objects.IsEmpty && loaded.Services.IsEmpty && diagnostics.Count == 0)
            diagnostics.Add(new("no-objects", Severity.Error, null, "", "", "there are no objects to check: name files that have policies"));
        return new(loaded, diagnostics.ToValueArray(), lints.NotChecked);
    }

    /// <summary>Returns an error for an object that an API server refuses. The server of a running cluster has already accepted the cluster's own objects.</summary>
    private static Diagnostic Refused(Diagnostic diagnostic) =>
        diagnostic.RefusedBy is null || diagnostic.Location is { File: ClusterObjects.Origin, Line: 0 } ? diagnostic : diagnostic with { Severity = Severity.Error };

    private static void Write(CheckReport report, OutputFormat format)
    {
        if (format == OutputFormat.Text)
            WriteText(Terminal.Out(), report);
        else
            DocumentWriter.Write(format, Document(report));
    }

    private static void WriteText(IAnsiConsole console, CheckReport report)
    {
        var loaded = report.Loaded;
        DiagnosticText.Write(console, report.Diagnostics, withCodes: true);
        console.WriteLine(string.Join(", ", Objects(loaded).Select(o => DiagnosticText.Count(o.Count, o.Noun))));
        if (!loaded.Skipped.IsEmpty)
            console.WriteLine($"skipped: {string.Join(", ", loaded.Skipped.Select(k => $"{k.Value} {k.Key}"))}");
        if (!report.NotChecked.IsEmpty)
            console.Markup($"there are no pods, so these were not checked: {Markup.Escape(string.Join(", ", report.NotChecked.Select(l => l.Code)))}\n");
        console.WriteLine(report.Diagnostics.IsEmpty
            ? "no errors, no warnings"
            : $"{DiagnosticText.Count(report.Errors, "error")}, {DiagnosticText.Count(report.Warnings, "warning")}");
    }

    private static CheckDocument Document(CheckReport report)
    {
        var (loaded, skipped) = (report.Loaded, new OrderedDictionary<string, int>(StringComparer.Ordinal));
        foreach (var (kind, count) in loaded.Skipped)
            skipped.Add(kind, count);
        return new(
            report.Errors,
            report.Warnings,
            [.. report.Diagnostics.Select(DiagnosticJson.Create)],
            [.. report.NotChecked.Select(l => new NotCheckedJson(l.Code, l.Needs))],
            new(loaded.Snapshot.Policies.Count, loaded.Snapshot.Namespaces.Count, loaded.Snapshot.Pods.Count, loaded.Snapshot.Nodes.Count),
            skipped);
    }

    private static (int Count, string Noun)[] Objects(LoadedManifests loaded) =>
    [
        (loaded.Snapshot.Policies.Count, "policy"), (loaded.Snapshot.Namespaces.Count, "namespace"),
        (loaded.Snapshot.Pods.Count, "pod"), (loaded.Snapshot.Nodes.Count, "node"),
    ];

    /// <param name="Loaded">The loaded objects.</param>
    /// <param name="Diagnostics">The errors and warnings, in the order of the output.</param>
    /// <param name="NotChecked">The lints that did not run, because they need objects that are missing.</param>
    private sealed record CheckReport(LoadedManifests Loaded, ValueArray<Diagnostic> Diagnostics, ValueArray<LintCode> NotChecked)
    {
        public int Errors { get; } = Diagnostics.Count(d => d.Severity == Severity.Error);

        public int Warnings => Diagnostics.Count - Errors;
    }
}
