using System.CommandLine;
using System.Text.Json;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Cli.Output;
using NetPol.Kubernetes;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using Spectre.Console;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol check</c>: what is wrong with the files.</summary>
internal static class CheckCommand
{
    private const string Examples = """
        netpol check -f policies.yaml
        netpol check -f policies/ -f world.yaml -o json
        netpol check --context production
        netpol check -f new-policy.yaml --context production    # as if it were applied
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("check", "Validate policies and the world they are for. Exits with 1 when there are errors; warnings alone are no failure.")
        {
            output,
        };
        options.AddTo(command);
        command.SetAction(async (result, cancel) => Run(Compiled(await options.Read(result).ReadAsync(cancel)), result.GetRequiredValue(output)));
        return (command, Examples);
    }

    private static LoadedManifests Compiled(LoadedManifests loaded) =>
        loaded with { Diagnostics = loaded.Diagnostics.Concat(CompileCheck.Of(WorldCompletion.Complete(loaded.Snapshot))).ToValueArray() };

    private static int Run(LoadedManifests loaded, string format)
    {
        loaded = loaded with { Diagnostics = [.. loaded.Diagnostics, .. Budgets.Check(WorldCompletion.Complete(loaded.Snapshot))] };
        var errors = loaded.Diagnostics.Count(d => d.Severity == Severity.Error);
        if (format is OutputFormat.Json)
        {
            using var stdout = Console.OpenStandardOutput();
            Json.Write(stdout, json => WriteJson(json, loaded, errors));
        }
        else
        {
            WriteText(Screen.Out(), loaded, errors);
        }
        return errors == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static void WriteText(IAnsiConsole console, LoadedManifests loaded, int errors)
    {
        DiagnosticText.Write(console, loaded.Diagnostics);
        var warnings = loaded.Diagnostics.Count - errors;
        console.WriteLine(string.Join(", ", Objects(loaded).Select(o => DiagnosticText.Count(o.Count, o.Noun))));
        if (!loaded.PassedOver.IsEmpty)
            console.WriteLine($"passed over: {string.Join(", ", loaded.PassedOver.Select(k => $"{k.Value} {k.Key}"))}");
        console.WriteLine(errors + warnings == 0
            ? "no errors, no warnings"
            : $"{DiagnosticText.Count(errors, "error")}, {DiagnosticText.Count(warnings, "warning")}");
    }

    private static void WriteJson(Utf8JsonWriter json, LoadedManifests loaded, int errors)
    {
        json.WriteStartObject();
        json.WriteNumber("errors", errors);
        json.WriteNumber("warnings", loaded.Diagnostics.Count - errors);
        json.WriteStartArray("diagnostics");
        foreach (var diagnostic in loaded.Diagnostics)
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
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("objects");
        foreach (var (count, noun) in Objects(loaded))
            json.WriteNumber(DiagnosticText.Plural(noun), count);
        json.WriteEndObject();
        json.WriteStartObject("passedOver");
        foreach (var (kind, count) in loaded.PassedOver)
            json.WriteNumber(kind, count);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static (int Count, string Noun)[] Objects(LoadedManifests loaded) =>
    [
        (loaded.Snapshot.Policies.Count, "policy"), (loaded.Snapshot.Namespaces.Count, "namespace"),
        (loaded.Snapshot.Pods.Count, "pod"), (loaded.Snapshot.Nodes.Count, "node"),
    ];
}
