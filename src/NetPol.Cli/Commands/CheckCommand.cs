using System.CommandLine;
using System.Text.Json;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Cli.Output;
using NetPol.Kubernetes.Lints;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using Spectre.Console;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol check</c>: what is wrong with the files.</summary>
internal static class CheckCommand
{
    private const string Errors = "error";
    private const string Warnings = "warning";

    private const string Examples = """
        netpol check -f policies.yaml
        netpol check -f policies/ -f world.yaml -o json
        netpol check -f policies/ --fail-on warning --ignore egress-without-dns
        netpol check --context production
        netpol check -f new-policy.yaml --context production    # as if it were applied
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var failOn = FailOn();
        var ignored = Ignored();
        var command = new Command("check", "Validate policies and the objects they are for, as an API server does, and warn of what seldom says what is meant; docs/reference/check-codes.md explains every code. Exits with 1 when there are errors (--fail-on), or no objects at all.")
        {
            failOn, ignored, output,
        };
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var report = Check(await options.Read(result).ReadAsync(cancel), result.GetValue(ignored) ?? []);
            Write(report, result.GetRequiredValue(output));
            var worst = string.Equals(result.GetRequiredValue(failOn), Warnings, StringComparison.Ordinal) ? Severity.Warning : Severity.Error;
            return report.Diagnostics.Any(d => d.Severity >= worst) ? ExitCode.Failure : ExitCode.Success;
        });
        return (command, Examples);
    }

    private static Option<string> FailOn()
    {
        var option = new Option<string>("--fail-on") { Description = "Exit with 1 when there are errors, or when there are warnings or errors.", HelpName = $"{Errors}|{Warnings}", DefaultValueFactory = _ => Errors };
        option.AcceptOnlyFromAmong(Errors, Warnings);
        return option;
    }

    private static Option<string[]> Ignored()
    {
        var option = new Option<string[]>("--ignore")
        {
            Description = "The code of a warning that is not wanted. Can be repeated. On one object: the annotation netpol.io/ignore: CODE,CODE.",
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
        var world = loaded.Complete();
        var lints = PolicyLint.Check(loaded);
        var diagnostics = loaded.Diagnostics.Concat(lints.Diagnostics)
            .OrderBy(d => d.Location)
            .Select(Refused)
            .Concat(CompileCheck.Of(world))
            .Concat(Budgets.Check(world))
            .Where(d => d.Severity == Severity.Error || !ignored.Contains(d.Code, StringComparer.Ordinal))
            .ToList();
        if (loaded.Objects.IsEmpty && loaded.Services.IsEmpty && diagnostics.Count == 0)
            diagnostics.Add(new("no-objects", Severity.Error, null, "", "", "there are no objects to check: name files that have policies"));
        return new(loaded, diagnostics.ToValueArray(), lints.NotChecked);
    }

    /// <summary>An object that a cluster holds has been taken by its server.</summary>
    private static Diagnostic Refused(Diagnostic diagnostic) =>
        diagnostic.RefusedBy is null || diagnostic.Location is { File: ClusterObjects.Origin, Line: 0 } ? diagnostic : diagnostic with { Severity = Severity.Error };

    private static void Write(CheckReport report, string format)
    {
        if (format is OutputFormat.Json)
        {
            using var stdout = Console.OpenStandardOutput();
            Json.Write(stdout, json => WriteJson(json, report));
        }
        else
        {
            WriteText(Screen.Out(), report);
        }
    }

    private static void WriteText(IAnsiConsole console, CheckReport report)
    {
        var loaded = report.Loaded;
        DiagnosticText.Write(console, report.Diagnostics, withCodes: true);
        console.WriteLine(string.Join(", ", Objects(loaded).Select(o => DiagnosticText.Count(o.Count, o.Noun))));
        if (!loaded.PassedOver.IsEmpty)
            console.WriteLine($"passed over: {string.Join(", ", loaded.PassedOver.Select(k => $"{k.Value} {k.Key}"))}");
        if (!report.NotChecked.IsEmpty)
            console.Markup($"there are no pods, so these were not checked: {Markup.Escape(string.Join(", ", report.NotChecked.Select(l => l.Code)))}\n");
        console.WriteLine(report.Diagnostics.IsEmpty
            ? "no errors, no warnings"
            : $"{DiagnosticText.Count(report.Errors, "error")}, {DiagnosticText.Count(report.Warnings, "warning")}");
    }

    private static void WriteJson(Utf8JsonWriter json, CheckReport report)
    {
        json.WriteStartObject();
        json.WriteNumber("errors", report.Errors);
        json.WriteNumber("warnings", report.Warnings);
        json.WriteStartArray("diagnostics");
        foreach (var diagnostic in report.Diagnostics)
        {
            json.WriteStartObject();
            json.WriteString("code", diagnostic.Code);
            json.WriteString("severity", diagnostic.Severity.ToString().ToLowerInvariant());
            json.WriteString("file", diagnostic.Location?.File);
            if (diagnostic.Location is { Line: > 0 and var line })
                json.WriteNumber("line", line);
            else
                json.WriteNull("line");
            json.WriteString("object", diagnostic.Subject);
            json.WriteString("field", diagnostic.Field);
            json.WriteString("message", diagnostic.Message);
            json.WriteString("refusedBy", diagnostic.RefusedBy);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("notChecked");
        foreach (var lint in report.NotChecked)
        {
            json.WriteStartObject();
            json.WriteString("code", lint.Code);
            json.WriteString("needs", lint.Needs);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("objects");
        foreach (var (count, noun) in Objects(report.Loaded))
            json.WriteNumber(DiagnosticText.Plural(noun), count);
        json.WriteEndObject();
        json.WriteStartObject("passedOver");
        foreach (var (kind, count) in report.Loaded.PassedOver)
            json.WriteNumber(kind, count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static (int Count, string Noun)[] Objects(LoadedManifests loaded) =>
    [
        (loaded.Snapshot.Policies.Count, "policy"), (loaded.Snapshot.Namespaces.Count, "namespace"),
        (loaded.Snapshot.Pods.Count, "pod"), (loaded.Snapshot.Nodes.Count, "node"),
    ];

    /// <param name="Loaded">What was read.</param>
    /// <param name="Diagnostics">The errors and warnings, in the order of the output.</param>
    /// <param name="NotChecked">The lints that need objects that are missing.</param>
    private sealed record CheckReport(LoadedManifests Loaded, ValueArray<Diagnostic> Diagnostics, ValueArray<LintCode> NotChecked)
    {
        public int Errors { get; } = Diagnostics.Count(d => d.Severity == Severity.Error);

        public int Warnings => Diagnostics.Count - Errors;
    }
}
