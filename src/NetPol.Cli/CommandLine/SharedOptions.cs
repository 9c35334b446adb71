using System.CommandLine;
using System.CommandLine.Parsing;
using NetPol.Model;

namespace NetPol.Cli.CommandLine;

/// <summary>Makes the options that several commands have, so that they are called, read and explained alike everywhere.</summary>
internal static class SharedOptions
{
    public static Option<string[]> Files()
    {
        var option = Files("--filename", "Files and folders (with the folders in them) of YAML or JSON; - is standard input. Can be repeated.");
        option.Aliases.Add("-f");
        return option;
    }

    public static Option<string[]> Files(string name, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        // Every word that stands behind a path counts as one more, a misspelt option too.
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value is ['-', _, ..]))
                result.AddError($"{token.Value}: there is no such option; write ./{token.Value} if a file is called so");
        });
        return option;
    }

    /// <param name="formats">The accepted values, of <see cref="OutputFormat"/>; the first is the default.</param>
    public static Option<string> Output(params string[] formats)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = "How the answer is written.",
            HelpName = string.Join('|', formats),
            DefaultValueFactory = _ => formats[0],
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !formats.Contains(result.Tokens[0].Value, StringComparer.Ordinal))
                result.AddError($"-o {result.Tokens[0].Value}: write {string.Join(" or ", formats)}");
        });
        option.CompletionSources.Add(formats);
        return option;
    }

    public static Option<ProbePort[]> Ports(string description) => new("--port", "-p")
    {
        Description = description,
        HelpName = "PORT/PROTOCOL",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseEach<ProbePort>(result, ProbePort.TryParse, $"write {ProbePort.Syntax}"),
    };

    public static Option<IpAddress[]> Addresses() => new("--address", "-a")
    {
        Description = "An address outside the cluster, or a node's, that becomes a row and a column; or a Service's, which becomes a column. Can be repeated.",
        HelpName = "IP",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseEach<IpAddress>(result, IpAddress.TryParse, "write an IPv4 or IPv6 address, such as 192.0.2.7"),
    };

    public static Option<int?> Nodes()
    {
        var option = new Option<int?>("--nodes")
        {
            Description = "Make nodes until there are this many. Without it: those that the files name, or two. Pods that name no node are dealt out over all.",
            HelpName = "N",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var text && (!int.TryParse(text, out var count) || count is < 1 or > 250))
                result.AddError($"--nodes {text}: write a number from 1 to 250");
        });
        return option;
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static T[] ParseEach<T>(ArgumentResult result, TryParse<T> tryParse, string hint)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (tryParse(token.Value, out var value))
                values.Add(value);
            else
                result.AddError($"{((OptionResult)result.Parent!).Option.Name} {token.Value}: {hint}");
        }
        return [.. values];
    }
}
